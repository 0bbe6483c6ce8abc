//! The fences between the floors, checked on the workspace as it stands.
//!
//! Owns: the table of floors ([`FLOORS`]) and of exclusive libraries ([`EXCLUSIVE`]), which repeat
//! ARCHITECTURE.md as data, and one test per rule. The checkers live beside it in `architecture/`, each
//! with tests that plant a violation and see it found.
//! Never: builds or runs anything of the product.

#[path = "architecture/capabilities.rs"]
mod capabilities;
#[path = "architecture/graph.rs"]
mod graph;
#[path = "architecture/lockfile.rs"]
mod lockfile;
#[path = "architecture/sources.rs"]
mod sources;

use std::fs;
use std::path::{Path, PathBuf};

use graph::{Exclusive, Graph, Place};
use sources::Source;

/// Every crate of the workspace and which of our crates it may import.
const FLOORS: &[Place] = &[
    Place::pure("glow-model", &[]),
    Place::pure("glow-api", &[]),
    Place::pure("glow-sync", &["glow-model"]),
    Place::new("glow-store", &["glow-model"]),
    Place::new("glow-blobs", &["glow-model"]),
    Place::new("glow-media", &["glow-model"]),
    Place::new("glow-card", &["glow-model"]),
    Place::new("glow-net", &["glow-model", "glow-sync"]),
    Place::new(
        "glow-engine",
        &["glow-model", "glow-api", "glow-sync", "glow-store", "glow-blobs", "glow-card", "glow-media", "glow-net"],
    ),
    Place::new("glow-gateway", &["glow-model", "glow-api", "glow-engine"]),
    Place::new("glow-dropoff", &["glow-api", "glow-engine"]),
    Place::new("glow-node", &["glow-api", "glow-engine", "glow-gateway", "glow-dropoff"]),
    Place::new("tauri-plugin-afterglow", &["glow-engine"]),
    Place::new("afterglow", &["glow-api", "glow-engine", "glow-gateway", "tauri-plugin-afterglow"]),
    Place::new("lanbox", &[]),
    Place::anything("tests"),
];

/// Libraries that stand in one place alone; a name ending in `*` means every crate that begins so.
const EXCLUSIVE: &[Exclusive] = &[
    Exclusive::new("tauri*", &["afterglow", "tauri-plugin-afterglow"], "Tauri stands in src-tauri and mobile alone"),
    Exclusive::new("wry", &["afterglow"], "the webview stands in src-tauri alone"),
    Exclusive::new("tao", &["afterglow"], "windows stand in src-tauri alone"),
    Exclusive::new("webkit2gtk*", &["afterglow"], "the webview stands in src-tauri alone"),
    Exclusive::new("rusqlite*", &["glow-store"], "SQL stands in glow-store alone"),
    Exclusive::new("libsqlite3-sys", &["glow-store"], "SQL stands in glow-store alone"),
    Exclusive::new("libp2p*", &["glow-net", "tests"], "peer sockets stand in glow-net alone"),
    Exclusive::new("mdns-sd", &["glow-net", "tests"], "discovery stands in glow-net alone"),
    Exclusive::new("if-watch", &["glow-net"], "discovery stands in glow-net alone"),
    Exclusive::new("image", &["glow-media", "tests"], "pixels stand in glow-media alone"),
    Exclusive::new("turbojpeg", &["glow-media"], "pixels stand in glow-media alone"),
    Exclusive::new("axum*", &["glow-gateway", "tests"], "HTTP stands in glow-gateway alone"),
    Exclusive::new("dav-server", &["glow-dropoff"], "cameras' protocols stand in glow-dropoff alone"),
];

/// What a pure floor never imports itself: it is given time, randomness and input.
const IMPURE_DIRECT: &[&str] = &["getrandom", "rand", "rand_chacha", "fastrand", "jiff", "chrono", "time", "tempfile"];

/// What may not even be found behind a pure floor's dependencies.
const IMPURE_BEHIND: &[&str] =
    &["tokio", "async-std", "rusqlite", "libsqlite3-sys", "libp2p", "mdns-sd", "tauri", "image", "mio"];

/// The crate that talks to the kernel and may therefore hold `unsafe` code.
const MAY_BE_UNSAFE: &[&str] = &["lanbox"];

/// Versions below which a dependency has a known hole that a peer could use.
const MINIMUM_VERSIONS: &[(&str, &str)] = &[
    ("yamux", "0.13.10"),
    ("libp2p-gossipsub", "0.49.5"),
    ("libp2p-quic", "0.13.1"),
    ("quinn-proto", "0.11.15"),
    ("rustls", "0.23.18"),
];

/// The oldest SQLite that keeps a write-ahead log safe while it is reset.
const MINIMUM_SQLITE: &str = "3.51.3";

/// Everything that the app's webview may call beyond our own single command.
const CAPABILITIES: &[&str] = &[
    "allow-call",
    "allow-media-base",
    "allow-save-original",
    "allow-take-home",
    "allow-choose-import",
    "allow-start-import",
    "allow-system",
    "allow-watch-folder",
    "core:event:allow-listen",
    "core:event:allow-unlisten",
    "dialog:allow-open",
];

#[test]
fn every_crate_stands_on_a_floor() {
    assert_holds(&graph::unplaced(&workspace_graph(), FLOORS));
}

#[test]
fn a_crate_imports_only_what_its_floor_may() {
    assert_holds(&graph::forbidden_imports(&workspace_graph(), FLOORS));
}

#[test]
fn a_library_with_one_place_stays_there() {
    assert_holds(&graph::strays(&workspace_graph(), EXCLUSIVE));
}

#[test]
fn pure_floors_have_no_clock_no_randomness_and_no_runtime() {
    let graph = workspace_graph();
    assert_holds(&graph::impure_imports(&graph, FLOORS, IMPURE_DIRECT));
    assert_holds(&graph::impure_closure(&graph, FLOORS, IMPURE_BEHIND));
}

#[test]
fn pure_floors_have_their_own_clippy_rules() {
    let graph = workspace_graph();
    let missing = graph
        .members()
        .filter(|member| FLOORS.iter().any(|place| place.is_pure() && place.name() == member.name))
        .filter(|member| !member.folder.join("clippy.toml").is_file())
        .map(|member| format!("{}: no clippy.toml beside its Cargo.toml", member.name))
        .collect::<Vec<_>>();
    assert_holds(&missing);
}

#[test]
fn every_crate_forbids_unsafe_code_and_takes_the_common_lints() {
    let graph = workspace_graph();
    let mut broken = Vec::new();
    for member in graph.members() {
        if !MAY_BE_UNSAFE.contains(&member.name.as_str()) {
            let roots = member.roots.iter().map(|path| read(path)).collect::<Vec<_>>();
            broken.extend(sources::allow_unsafe(&roots));
        }
        broken.extend(sources::without_common_lints(&read(&member.folder.join("Cargo.toml"))));
    }
    assert_holds(&broken);
}

#[test]
fn features_do_not_import_features() {
    let files = rust_files(&root().join("src-tauri/crates/glow-engine/src/feature"));
    assert_holds(&sources::features_importing_features(&files));
}

#[test]
fn sql_stands_in_the_store_alone() {
    let files = ["src-tauri/src", "src-tauri/crates", "mobile", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|file| !file.is_under("crates/glow-store") && !file.is_under("tests/architecture"))
        .collect::<Vec<_>>();
    assert!(!files.is_empty(), "the rule must look at some file");
    assert_holds(&sources::sql_strings(&files));
}

#[test]
fn the_ui_speaks_to_tauri_only_in_ipc() {
    let files = files_under(&root().join("ui/src"), &["ts", "js", "svelte"]);
    assert_holds(&sources::tauri_imports(&files));
}

#[test]
fn dependencies_are_beyond_their_known_holes() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the workspace has a lockfile");
    assert_holds(&lockfile::below_minimum(&lock, MINIMUM_VERSIONS));
}

#[test]
fn bundled_sqlite_is_beyond_its_known_holes() {
    let graph = workspace_graph();
    let folder = graph.folder_of("libsqlite3-sys").expect("glow-store bundles SQLite");
    let header = read(&folder.join("sqlite3/sqlite3.h"));
    assert_holds(&lockfile::sqlite_below(&header.text, MINIMUM_SQLITE));
}

#[test]
fn the_webview_may_call_only_what_is_listed() {
    let files = files_under(&root().join("src-tauri/capabilities"), &["json"]);
    assert!(!files.is_empty(), "the app has a capability file");
    assert_holds(&capabilities::beyond(&files, CAPABILITIES));
}

#[test]
fn the_content_policy_lets_no_foreign_script_in() {
    let conf = read(&root().join("src-tauri/tauri.conf.json"));
    assert_holds(&capabilities::loose_policy(&conf));
}

/// Fails with every violation on a line of its own.
#[track_caller]
fn assert_holds(violations: &[String]) {
    assert!(violations.is_empty(), "{} broken:\n  {}", violations.len(), violations.join("\n  "));
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ stands in the workspace").to_path_buf()
}

fn workspace_graph() -> Graph {
    Graph::of_workspace(&root().join("Cargo.toml")).expect("cargo can describe the workspace")
}

fn rust_files(folder: &Path) -> Vec<Source> {
    files_under(folder, &["rs"])
}

/// All files with one of the extensions, sorted by path; none when the folder does not exist.
fn files_under(folder: &Path, extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let hidden = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
            let wanted = path.extension().is_some_and(|ext| extensions.iter().any(|known| ext == *known));
            match path.is_dir() {
                true if !hidden => pending.push(path),
                false if wanted => found.push(read(&path)),
                _ => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Source::new(path.strip_prefix(root()).unwrap_or(path), text)
}
