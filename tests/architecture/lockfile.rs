//! Versions in Cargo.lock and of the bundled SQLite, against minimums.

/// Every locked version of a named crate that is below its minimum.
pub(crate) fn below_minimum(lock: &str, minimums: &[(&str, &str)]) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, minimum) in minimums {
        let locked = versions_of(lock, name);
        if locked.is_empty() {
            broken.push(format!("{name}: not in Cargo.lock; take it off the list if it is gone for good"));
        }
        for version in locked.iter().filter(|version| is_below(version, minimum)) {
            broken.push(format!("{name} {version} is locked, {minimum} is the least without a known hole"));
        }
    }
    broken
}

/// The version in SQLite's own header, when it is below the minimum or cannot be read.
pub(crate) fn sqlite_below(header: &str, minimum: &str) -> Vec<String> {
    let line = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION "));
    let Some(version) = line.map(|rest| rest.trim().trim_matches('"')) else {
        return vec!["sqlite3.h names no SQLITE_VERSION".to_owned()];
    };
    match is_below(version, minimum) {
        true => vec![format!("SQLite {version} is bundled, {minimum} is the least without a known hole")],
        false => Vec::new(),
    }
}

fn versions_of<'a>(lock: &'a str, name: &str) -> Vec<&'a str> {
    let named = format!("name = \"{name}\"");
    lock.split("[[package]]")
        .filter(|entry| entry.lines().any(|line| line == named))
        .filter_map(|entry| entry.lines().find_map(|line| line.strip_prefix("version = ")))
        .map(|version| version.trim_matches('"'))
        .collect()
}

/// Compares by numbers; a pre-release is below its release.
fn is_below(version: &str, minimum: &str) -> bool {
    key(version) < key(minimum)
}

fn key(version: &str) -> ([u64; 3], bool) {
    let (version, _build) = version.split_once('+').unwrap_or((version, ""));
    let (numbers, is_release) = match version.split_once('-') {
        Some((numbers, _)) => (numbers, false),
        None => (version, true),
    };
    let mut parts = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    ([0; 3].map(|_: u64| parts.next().unwrap_or(0)), is_release)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"yamux\"\nversion = \"0.12.1\"\n\n\
                        [[package]]\nname = \"yamux\"\nversion = \"0.14.1\"\n\n[[package]]\nname = \"rustls\"\nversion = \"0.23.18\"\n";

    #[test]
    fn an_old_version_is_found_beside_a_new_one() {
        let broken = below_minimum(LOCK, &[("yamux", "0.13.10"), ("rustls", "0.23.18")]);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].contains("yamux 0.12.1"), "{broken:?}");
    }

    #[test]
    fn a_name_that_is_not_locked_is_told() {
        assert_eq!(below_minimum(LOCK, &[("quinn-proto", "0.11.15")]).len(), 1, "the rule would check nothing");
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(is_below("0.13.9", "0.13.10"), "nine is below ten");
        assert!(is_below("0.13.10-rc.1", "0.13.10"), "a pre-release is below");
        assert!(!is_below("0.13.10+build", "0.13.10"), "build data does not count");
        assert!(!is_below("1.0.0", "0.13.10"), "a later major version is above");
    }

    #[test]
    fn an_old_sqlite_is_found() {
        let header = |version: &str| format!("/* SQLite */\n#define SQLITE_VERSION        \"{version}\"\n");
        assert_eq!(sqlite_below(&header("3.51.2"), "3.51.3").len(), 1, "below");
        assert!(sqlite_below(&header("3.53.2"), "3.51.3").is_empty(), "above");
        assert_eq!(sqlite_below("", "3.51.3").len(), 1, "unreadable is not fine");
    }
}
