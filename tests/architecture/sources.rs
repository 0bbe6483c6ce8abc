//! Rules that are about the text of source files.

use std::path::{Path, PathBuf};

/// A source file: its path from the workspace's root, and its text.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether the path holds this run of folders or names.
    pub(crate) fn is_under(&self, part: &str) -> bool {
        self.path.to_string_lossy().replace('\\', "/").contains(part)
    }

    /// The lines that are not comments, numbered from 1.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path.display())
    }
}

/// Crate roots without `#![forbid(unsafe_code)]`.
pub(crate) fn allow_unsafe(roots: &[Source]) -> Vec<String> {
    let forbids = |source: &&Source| source.text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]");
    let open = roots.iter().filter(|source| !forbids(source));
    open.map(|source| source.at(1, "no #![forbid(unsafe_code)]")).collect()
}

/// A manifest that does not take the workspace's lints.
pub(crate) fn without_common_lints(manifest: &Source) -> Vec<String> {
    let mut lines = manifest.text.lines().map(str::trim).skip_while(|line| *line != "[lints]");
    match lines.any(|line| line.replace(' ', "") == "workspace=true") {
        true => Vec::new(),
        false => vec![manifest.at(1, "no `[lints] workspace = true`")],
    }
}

/// Features of the engine that name another feature.
pub(crate) fn features_importing_features(files: &[Source]) -> Vec<String> {
    let nouns = files.iter().filter_map(|file| noun_of(&file.path)).collect::<Vec<_>>();
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| noun_of(&file.path).is_some()) {
        let own = noun_of(&file.path);
        let others = nouns.iter().filter(|noun| Some(noun.as_str()) != own.as_deref());
        let forbidden =
            others.flat_map(|noun| [format!("feature::{noun}"), format!("super::{noun}::")]).collect::<Vec<_>>();
        for (line, code) in file.code_lines() {
            let sideways = forbidden.iter().any(|path| names_path(code, path));
            if sideways || code.contains("use crate::feature::{") {
                broken.push(file.at(line, "a feature imports a feature"));
            }
        }
    }
    broken
}

/// `feature/thread.rs` and `feature/thread/anything.rs` belong to the noun `thread`.
fn noun_of(path: &Path) -> Option<String> {
    let parts = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>();
    let after = parts.iter().rposition(|part| part == "feature")? + 1;
    let noun = parts.get(after)?.trim_end_matches(".rs").to_owned();
    (noun != "mod").then_some(noun)
}

/// Whether the code names the path and not merely a longer one that begins with it.
fn names_path(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(start, _)| {
        let next = code[start + path.len()..].chars().next();
        path.ends_with(':') || !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Lines that hold SQL.
pub(crate) fn sql_strings(files: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        for (line, code) in file.code_lines().filter(|(_, code)| is_sql(code)) {
            broken.push(file.at(line, &format!("SQL outside glow-store: {}", code.trim())));
        }
    }
    broken
}

/// SQL is written with upper-case keywords; each phrase is one that nothing else says.
fn is_sql(code: &str) -> bool {
    const PHRASES: &[&str] = &[
        "INSERT INTO ",
        "INSERT OR ",
        "REPLACE INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "CREATE INDEX ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
    ];
    let selects = code.find("SELECT ").is_some_and(|at| code[at..].contains(" FROM ") || code[at..].contains('('));
    let updates = code.find("UPDATE ").is_some_and(|at| code[at..].contains(" SET "));
    selects || updates || PHRASES.iter().any(|phrase| code.contains(phrase))
}

/// Imports of Tauri's JavaScript outside `ui/src/ipc/`.
pub(crate) fn tauri_imports(files: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| !file.is_under("ui/src/ipc/")) {
        for (line, code) in file.code_lines() {
            if code.contains("@tauri-apps/") || code.contains("__TAURI") {
                broken.push(file.at(line, "Tauri outside ui/src/ipc/"));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_allows_unsafe_code_is_found() {
        let good = Source::new("a/src/lib.rs", "//! a\n#![forbid(unsafe_code)]\n");
        let only_said = Source::new("b/src/lib.rs", "//! #![forbid(unsafe_code)]\nfn b() {}\n");
        assert_eq!(allow_unsafe(&[good, only_said]), ["b/src/lib.rs:1: no #![forbid(unsafe_code)]"]);
    }

    #[test]
    fn a_manifest_without_the_common_lints_is_found() {
        let good = Source::new("Cargo.toml", "[package]\nname = \"a\"\n[lints]\nworkspace = true\n");
        let bad = Source::new("Cargo.toml", "[package]\nversion.workspace = true\n");
        assert!(without_common_lints(&good).is_empty(), "it takes them");
        assert_eq!(without_common_lints(&bad).len(), 1, "it does not");
    }

    #[test]
    fn a_feature_that_imports_a_feature_is_found() {
        let files = [
            Source::new(
                "src/feature/mod.rs",
                "pub mod moment;\npub mod thread;\nuse crate::feature::moment::Moment;\n",
            ),
            Source::new(
                "src/feature/moment.rs",
                "// use crate::feature::thread\nuse crate::feature::moment::Part;\nfn f() {}\n",
            ),
            Source::new("src/feature/thread/mod.rs", "use super::entry;\nuse crate::feature::moment::Moment;\n"),
            Source::new("src/feature/thread/entry.rs", "fn f() {\n    super::moment::show();\n}\n"),
        ];
        let broken = features_importing_features(&files);
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].starts_with("src/feature/thread/mod.rs:2"), "{broken:?}");
        assert!(broken[1].starts_with("src/feature/thread/entry.rs:2"), "{broken:?}");
    }

    #[test]
    fn a_noun_that_begins_like_another_is_not_it() {
        let files = [
            Source::new("src/feature/file.rs", "fn f() {}\n"),
            Source::new("src/feature/file_list.rs", "use crate::feature::file_list::Row;\n"),
        ];
        assert!(features_importing_features(&files).is_empty(), "it names itself");
    }

    #[test]
    fn sql_is_found_and_prose_is_not() {
        let lines = [
            "let rows = db.query(\"SELECT id FROM moment\")?;",
            "    UPDATE moment SET caption = ?1",
            "db.execute(\"PRAGMA secure_delete = ON\")?;",
            "// SELECT id FROM moment",
            "let text = \"select a photo from the list\";",
            "const UPDATE_LIMIT: u32 = 3;",
        ];
        let found = sql_strings(&[Source::new("a.rs", lines.join("\n"))]);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn tauri_in_a_component_is_found() {
        let files = [
            Source::new("ui/src/ipc/tauri.ts", "import { invoke } from '@tauri-apps/api/core'\n"),
            Source::new("ui/src/features/home/Home.svelte", "import { open } from '@tauri-apps/plugin-dialog'\n"),
        ];
        assert_eq!(tauri_imports(&files), ["ui/src/features/home/Home.svelte:1: Tauri outside ui/src/ipc/"]);
    }
}
