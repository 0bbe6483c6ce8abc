//! Clocks of cameras: by how much the times that a camera writes are off. The files and the times in them stay as they are.

use minicbor::{Decode, Encode};

use crate::{CameraBodyId, DeviceId, ModelError, OperationId, limits, text::clean_line};

/// Which camera: that of a device's own captures, by what its files say of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct CameraIdentity {
    /// Whose captures.
    #[n(0)]
    pub author: DeviceId,
    /// Make and model; nothing for files that do not say.
    #[n(1)]
    pub name: Option<String>,
    /// Which body of that model; nothing for files that do not say.
    #[n(2)]
    pub body: Option<CameraBodyId>,
}

/// By how much a camera's times are corrected in one range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClockShift {
    /// What is added to a capture's time.
    #[n(0)]
    pub offset_ms: i64,
    /// From which time on, by the camera's clock; nothing for all before.
    #[n(1)]
    pub from_ms: Option<u64>,
    /// Before which time, by the camera's clock; nothing for all after.
    #[n(2)]
    pub until_ms: Option<u64>,
    /// When the camera photographed the group's clock, by its own clock; nothing where the shift was set by hand.
    #[n(3)]
    pub photo_ms: Option<u64>,
}

impl ClockShift {
    fn holds(&self, said_ms: u64) -> bool {
        self.from_ms.is_none_or(|from_ms| from_ms <= said_ms) && self.until_ms.is_none_or(|until_ms| said_ms < until_ms)
    }

    /// What is left of the range before and after another.
    fn without(self, from_ms: Option<u64>, until_ms: Option<u64>) -> [Option<Self>; 2] {
        let before = from_ms.map(|from_ms| Self { until_ms: earlier(self.until_ms, from_ms), ..self });
        let after = until_ms.map(|until_ms| Self { from_ms: later(self.from_ms, until_ms), ..self });
        [before, after].map(|part| part.filter(Self::is_some_time))
    }

    fn is_some_time(&self) -> bool {
        self.from_ms.zip(self.until_ms).is_none_or(|(from_ms, until_ms)| from_ms < until_ms)
    }
}

fn earlier(one: Option<u64>, other: u64) -> Option<u64> {
    Some(one.map_or(other, |one| one.min(other)))
}

fn later(one: Option<u64>, other: u64) -> Option<u64> {
    Some(one.map_or(other, |one| one.max(other)))
}

/// Sets the clock of a camera, wholly: one without shifts says that the camera is right. Those of one camera form chains by
/// `replaces`; the longest chain wins, ties by id. Only the device whose captures they are and hosts can.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CameraClock {
    /// The camera.
    #[n(0)]
    pub camera: CameraIdentity,
    /// Its shifts, in order, none reaching into the next.
    #[n(1)]
    pub shifts: Vec<ClockShift>,
    /// The setting that its author saw and replaces; nothing for the first.
    #[n(2)]
    pub replaces: Option<OperationId>,
}

impl CameraClock {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let is_line = |name: &String| clean_line(name, limits::CAMERA_CHARS).is_some_and(|clean| clean == *name);
        if self.camera.name.as_ref().is_some_and(|name| name.is_empty() || !is_line(name)) {
            return Err(ModelError::Invalid { what: "camera" });
        }
        check_shifts(&self.shifts)
    }
}

fn check_shifts(shifts: &[ClockShift]) -> Result<(), ModelError> {
    if shifts.len() > limits::CLOCK_SHIFTS {
        return Err(ModelError::TooLarge { what: "clock shifts" });
    }
    let fits = |shift: &ClockShift| {
        let times = [shift.from_ms, shift.until_ms, shift.photo_ms];
        shift.offset_ms.unsigned_abs() <= limits::CLOCK_SHIFT_MS
            && shift.is_some_time()
            && times.into_iter().flatten().all(|ms| ms < limits::TIME_MS)
    };
    let in_order = shifts
        .windows(2)
        .all(|pair| pair[0].until_ms.zip(pair[1].from_ms).is_some_and(|(until_ms, from_ms)| until_ms <= from_ms));
    if in_order && shifts.iter().all(fits) { Ok(()) } else { Err(ModelError::Invalid { what: "clock shift" }) }
}

/// What is added to a time that a camera wrote. The sum is always a time.
#[must_use]
pub fn shift_at(shifts: &[ClockShift], said_ms: u64) -> i64 {
    let Some(shift) = shifts.iter().find(|shift| shift.holds(said_ms)) else { return 0 };
    let most = limits::TIME_MS - 1;
    let said = said_ms.min(most);
    let corrected = said.saturating_add_signed(shift.offset_ms).min(most);
    corrected.cast_signed() - said.cast_signed()
}

/// Shifts with one range of them set by hand; without a range it takes the place of all.
///
/// # Errors
/// [`ModelError`] when that are too many, or the range is none.
pub fn shifts_by_hand(
    before: &[ClockShift],
    offset_ms: i64,
    from_ms: Option<u64>,
    until_ms: Option<u64>,
) -> Result<Vec<ClockShift>, ModelError> {
    let mut shifts: Vec<_> = before.iter().flat_map(|shift| shift.without(from_ms, until_ms)).flatten().collect();
    if offset_ms != 0 {
        shifts.push(ClockShift { offset_ms, from_ms, until_ms, photo_ms: None });
    }
    shifts.sort_by_key(|shift| shift.from_ms);
    check_shifts(&shifts)?;
    Ok(shifts)
}

/// Shifts with one more photo of the group's clock. What was set by hand gives way; each capture follows the clock photo that
/// is nearest to it by the camera's clock, so that a clock that was set between two photos is right before and after.
#[must_use]
pub fn shifts_by_photo(before: &[ClockShift], photo_ms: u64, offset_ms: i64) -> Vec<ClockShift> {
    let known = before.iter().filter_map(|shift| Some((shift.photo_ms?, shift.offset_ms)));
    let mut photos: Vec<(u64, i64)> = known.filter(|(at, _)| *at != photo_ms).chain([(photo_ms, offset_ms)]).collect();
    photos.sort_unstable();
    photos.dedup();
    // Of too many the one farthest from the newest says least.
    while photos.len() > limits::CLOCK_SHIFTS {
        let far_end = if photo_ms.abs_diff(photos[0].0) > photo_ms.abs_diff(photos[photos.len() - 1].0) {
            0
        } else {
            photos.len() - 1
        };
        photos.remove(far_end);
    }
    let middle = |pair: &[(u64, i64)]| pair[0].0 + (pair[1].0 - pair[0].0).div_ceil(2);
    let middles: Vec<u64> = photos.windows(2).map(middle).collect();
    let shift = |(at, (photo_ms, offset_ms)): (usize, &(u64, i64))| ClockShift {
        offset_ms: *offset_ms,
        from_ms: at.checked_sub(1).map(|before| middles[before]),
        until_ms: middles.get(at).copied(),
        photo_ms: Some(*photo_ms),
    };
    photos.iter().enumerate().map(shift).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn without_a_range_a_hand_sets_all() {
        let shifts = shifts_by_hand(&[], HOUR, None, None).unwrap();
        assert_eq!(shift_at(&shifts, 5), HOUR);
        assert_eq!(shifts_by_hand(&shifts, 0, None, None).unwrap(), []);
    }

    #[test]
    fn a_range_is_cut_out_of_what_was_set() {
        let all = shifts_by_hand(&[], HOUR, None, None).unwrap();
        let shifts = shifts_by_hand(&all, -HOUR, Some(100), Some(200)).unwrap();
        let at = [99, 100, 199, 200].map(|said_ms| shift_at(&shifts, said_ms + 10 * HOUR.unsigned_abs()));
        assert_eq!(at, [HOUR; 4], "outside of it");
        assert_eq!([99, 100, 199, 200].map(|ms| shift_at(&shifts, ms)), [HOUR, -100, -199, HOUR], "never below zero");
        let right = shifts_by_hand(&shifts, 0, Some(150), None).unwrap();
        assert_eq!([99, 149, 150, 999].map(|ms| shift_at(&right, ms)), [HOUR, -149, 0, 0]);
    }

    #[test]
    fn each_capture_follows_the_nearest_photo_of_the_clock() {
        // Ten days slow; then somebody set it.
        let wrong = shifts_by_photo(&[], 1_000, 10 * 24 * HOUR);
        let both = shifts_by_photo(&wrong, 3_000, 0);
        assert_eq!([0, 1_999, 2_000, 9_000].map(|ms| shift_at(&both, ms)), [10 * 24 * HOUR, 10 * 24 * HOUR, 0, 0]);
        assert_eq!(shifts_by_photo(&both, 3_000, HOUR).len(), 2, "the same photo again replaces itself");
        let by_hand = shifts_by_hand(&both, 5, None, None).unwrap();
        assert_eq!(shifts_by_photo(&by_hand, 7, 8), shifts_by_photo(&[], 7, 8), "what was set by hand gives way");
    }

    #[test]
    fn what_is_out_of_order_is_refused() {
        let shift = |from_ms, until_ms| ClockShift { offset_ms: 1, from_ms, until_ms, photo_ms: None };
        let is_ok = |shifts: &[ClockShift]| check_shifts(shifts).is_ok();
        assert!(is_ok(&[shift(None, Some(5)), shift(Some(5), Some(9)), shift(Some(10), None)]));
        assert!(!is_ok(&[shift(None, None), shift(Some(5), None)]));
        assert!(!is_ok(&[shift(Some(5), Some(9)), shift(Some(8), None)]));
        assert!(!is_ok(&[shift(Some(5), Some(5))]));
        assert!(!is_ok(&[ClockShift { offset_ms: i64::MIN, ..shift(None, None) }]));
    }

    #[test]
    fn shifts_have_limits() {
        let shifts = |count: usize| -> Vec<ClockShift> {
            let shift = |n: u64| ClockShift { offset_ms: 1, from_ms: Some(n), until_ms: Some(n + 1), photo_ms: None };
            (0..count as u64).map(shift).collect()
        };
        assert!(check_shifts(&shifts(limits::CLOCK_SHIFTS)).is_ok());
        for count in [limits::CLOCK_SHIFTS + 1, limits::CLOCK_SHIFTS * 100] {
            assert_eq!(check_shifts(&shifts(count)), Err(ModelError::TooLarge { what: "clock shifts" }));
        }
        let largest = CameraClock {
            camera: CameraIdentity {
                author: DeviceId([1; 32]),
                name: Some("\u{10FFFD}".repeat(limits::CAMERA_CHARS)),
                body: Some(CameraBodyId([2; 8])),
            },
            shifts: shifts(limits::CLOCK_SHIFTS),
            replaces: Some(OperationId([3; 32])),
        };
        assert!(crate::Body::CameraClock(largest).encode().len() < limits::PAYLOAD_BYTES / 4);
    }

    proptest! {
        #[test]
        fn whatever_is_set_in_whatever_order_is_valid_and_the_last_holds(
            acts in vec((any::<bool>(), -9_i64..9, option::of(0..50_u64), option::of(1..50_u64)), 1..40),
        ) {
            let mut shifts = Vec::new();
            for (by_photo, offset_ms, from_ms, length) in acts {
                let offset_ms = offset_ms * 1_000_000;
                if by_photo {
                    let photo_ms = from_ms.unwrap_or(0) + limits::TIME_MS / 2;
                    shifts = shifts_by_photo(&shifts, photo_ms, offset_ms);
                    prop_assert_eq!(shift_at(&shifts, photo_ms), offset_ms);
                } else {
                    let from_ms = from_ms.map(|ms| ms + limits::TIME_MS / 2);
                    let until_ms = from_ms.zip(length).map(|(from_ms, length)| from_ms + length);
                    let Ok(set) = shifts_by_hand(&shifts, offset_ms, from_ms, until_ms) else { continue };
                    shifts = set;
                    prop_assert_eq!(shift_at(&shifts, from_ms.unwrap_or(limits::TIME_MS / 2)), offset_ms);
                }
                prop_assert_eq!(check_shifts(&shifts), Ok(()));
            }
        }

        #[test]
        fn a_corrected_time_is_a_time(said_ms in any::<u64>(), offset_ms in any::<i64>()) {
            let shift = ClockShift { offset_ms, from_ms: None, until_ms: None, photo_ms: None };
            let said = said_ms.min(limits::TIME_MS - 1);
            let corrected = said.checked_add_signed(shift_at(&[shift], said_ms));
            prop_assert!(corrected.is_some_and(|ms| ms < limits::TIME_MS));
        }
    }
}
