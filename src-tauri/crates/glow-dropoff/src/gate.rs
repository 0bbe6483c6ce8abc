//! Who may upload: one name and one password, guessed at slowly.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;

/// Letters and digits that nobody confuses on a camera's tiny keyboard.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const PASSWORD_CHARS: usize = 12;
/// So many wrong passwords from one address within [`GUESSING`] shut it out until they are old.
const MAX_GUESSES: usize = 10;
const GUESSING: Duration = Duration::from_secs(60);
/// So many wrong passwords on one connection end it.
pub(crate) const MAX_FAILED_LOGINS: usize = 3;
/// Addresses that are remembered for guessing wrong.
const MAX_GUESSERS: usize = 256;

/// A new password: 60 bits, easy to type.
#[must_use]
pub fn new_password() -> String {
    let mut random = [0; PASSWORD_CHARS];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// The name and the password that are good.
pub(crate) struct Gate {
    user: String,
    password: String,
    guesses: Mutex<BTreeMap<IpAddr, Vec<Instant>>>,
}

impl Gate {
    pub(crate) fn new(user: String, password: String) -> Self {
        Self { user, password, guesses: Mutex::default() }
    }

    /// Whether somebody at this address may upload.
    pub(crate) fn admits(&self, user: &str, password: &str, from: IpAddr, now: Instant) -> bool {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |guess: &Instant| now.duration_since(*guess) >= GUESSING;
        guesses.retain(|_, made| {
            made.retain(|guess| !old(guess));
            !made.is_empty()
        });
        if guesses.get(&from).is_some_and(|made| made.len() >= MAX_GUESSES) {
            return false;
        }
        let is_right =
            self.user.as_bytes().ct_eq(user.as_bytes()) & self.password.as_bytes().ct_eq(password.as_bytes());
        if bool::from(is_right) {
            return true;
        }
        // With so many guessing, those that are not remembered yet wait until some are old.
        if guesses.len() < MAX_GUESSERS || guesses.contains_key(&from) {
            guesses.entry(from).or_default().push(now);
        }
        false
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_password_is_typed_without_doubt_and_never_twice_the_same() {
        let (one, other) = (new_password(), new_password());
        assert_eq!(one.len(), PASSWORD_CHARS);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)), "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn guessing_shuts_an_address_out_for_a_while_and_no_other() {
        let gate = Gate::new("camera".into(), "secret".into());
        let (thief, camera): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let now = Instant::now();
        assert!(gate.admits("camera", "secret", thief, now));
        for _ in 0..MAX_GUESSES {
            assert!(!gate.admits("camera", "wrong", thief, now));
        }
        assert!(!gate.admits("camera", "secret", thief, now), "even the right one comes too late");
        assert!(gate.admits("camera", "secret", camera, now));
        assert!(gate.admits("camera", "secret", thief, now + GUESSING), "and good again later");
        assert!(!gate.admits("Camera", "secret", camera, now), "the name counts");
    }
}
