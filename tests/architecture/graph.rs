//! Who imports whom, from `cargo metadata`, and the rules about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId, TargetKind};

/// Where one of our crates stands: what it may import of ours, and whether it is pure.
pub(crate) struct Place {
    name: &'static str,
    may_import: Option<&'static [&'static str]>,
    pure: bool,
}

impl Place {
    pub(crate) const fn new(name: &'static str, may_import: &'static [&'static str]) -> Self {
        Self { name, may_import: Some(may_import), pure: false }
    }

    /// A floor that is given time, randomness and input.
    pub(crate) const fn pure(name: &'static str, may_import: &'static [&'static str]) -> Self {
        Self { name, may_import: Some(may_import), pure: true }
    }

    /// A crate that may see everything.
    pub(crate) const fn anything(name: &'static str) -> Self {
        Self { name, may_import: None, pure: false }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn is_pure(&self) -> bool {
        self.pure
    }
}

/// A library that only some crates may import.
pub(crate) struct Exclusive {
    pattern: &'static str,
    homes: &'static [&'static str],
    reason: &'static str,
}

impl Exclusive {
    pub(crate) const fn new(pattern: &'static str, homes: &'static [&'static str], reason: &'static str) -> Self {
        Self { pattern, homes, reason }
    }

    fn matches(&self, library: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(prefix) => library.starts_with(prefix),
            None => library == self.pattern,
        }
    }
}

/// One crate of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// The `lib.rs` and `main.rs` files.
    pub(crate) roots: Vec<PathBuf>,
    /// Everything its Cargo.toml names, tests and build scripts included.
    imports: BTreeSet<String>,
    /// The same without what only tests see.
    shipped_imports: BTreeSet<String>,
    /// Every crate found behind the shipped imports.
    closure: BTreeSet<String>,
}

/// The workspace's crates and where every package lies on disk.
pub(crate) struct Graph {
    members: Vec<Member>,
    folders: BTreeMap<String, PathBuf>,
}

impl Graph {
    /// Asks cargo, for this machine's platform alone so that nothing is downloaded.
    pub(crate) fn of_workspace(manifest: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(manifest)
            .other_options(["--locked".to_owned(), "--filter-platform".to_owned(), host_triple()?])
            .exec()?;
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Metadata) -> Result<Self> {
        let edges = shipped_edges(metadata)?;
        let members = metadata
            .workspace_packages()
            .into_iter()
            .map(|package| Member {
                name: package.name.to_string(),
                folder: folder_of(package),
                roots: roots_of(package),
                imports: imports_of(package, |_| true),
                shipped_imports: imports_of(package, |kind| kind != DependencyKind::Development),
                closure: closure_of(&package.id, &edges, metadata),
            })
            .collect();
        let folders = metadata.packages.iter().map(|package| (package.name.to_string(), folder_of(package))).collect();
        Ok(Self { members, folders })
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter()
    }

    pub(crate) fn folder_of(&self, package: &str) -> Option<&Path> {
        self.folders.get(package).map(PathBuf::as_path)
    }

    fn is_ours(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }
}

/// Crates without a line in the table.
pub(crate) fn unplaced(graph: &Graph, floors: &[Place]) -> Vec<String> {
    graph
        .members()
        .filter(|member| place_of(floors, member).is_none())
        .map(|member| format!("{}: give it a place in FLOORS and in ARCHITECTURE.md", member.name))
        .collect()
}

/// Imports of our crates that the table does not allow, tests included.
pub(crate) fn forbidden_imports(graph: &Graph, floors: &[Place]) -> Vec<String> {
    let mut broken = Vec::new();
    for member in graph.members() {
        let Some(allowed) = place_of(floors, member).and_then(|place| place.may_import) else {
            continue;
        };
        for import in member.imports.iter().filter(|name| graph.is_ours(name)) {
            if !allowed.contains(&import.as_str()) && *import != member.name {
                broken.push(format!("{} imports {import}, which its floor may not", member.name));
            }
        }
    }
    broken
}

/// Exclusive libraries imported outside their home.
pub(crate) fn strays(graph: &Graph, exclusive: &[Exclusive]) -> Vec<String> {
    let mut broken = Vec::new();
    for member in graph.members() {
        for rule in exclusive.iter().filter(|rule| !rule.homes.contains(&member.name.as_str())) {
            for import in member.imports.iter().filter(|import| rule.matches(import)) {
                broken.push(format!("{} imports {import}: {}", member.name, rule.reason));
            }
        }
    }
    broken
}

/// Impure libraries that a pure crate names in its Cargo.toml (its tests may).
pub(crate) fn impure_imports(graph: &Graph, floors: &[Place], impure: &[&str]) -> Vec<String> {
    pure_members(graph, floors)
        .flat_map(|member| member.shipped_imports.iter().map(move |import| (member, import)))
        .filter(|(_, import)| impure.contains(&import.as_str()))
        .map(|(member, import)| format!("{} imports {import}: a pure floor is given it", member.name))
        .collect()
}

/// Impure libraries anywhere behind a pure crate.
pub(crate) fn impure_closure(graph: &Graph, floors: &[Place], impure: &[&str]) -> Vec<String> {
    pure_members(graph, floors)
        .flat_map(|member| member.closure.iter().map(move |name| (member, name)))
        .filter(|(_, name)| impure.contains(&name.as_str()))
        .map(|(member, name)| format!("{} brings {name} in through a dependency", member.name))
        .collect()
}

fn pure_members<'a>(graph: &'a Graph, floors: &'a [Place]) -> impl Iterator<Item = &'a Member> {
    graph.members().filter(|member| place_of(floors, member).is_some_and(Place::is_pure))
}

fn place_of<'a>(floors: &'a [Place], member: &Member) -> Option<&'a Place> {
    floors.iter().find(|place| place.name == member.name)
}

fn host_triple() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("running rustc -vV")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names its host")?.to_owned())
}

fn folder_of(package: &Package) -> PathBuf {
    let manifest = package.manifest_path.as_std_path();
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

fn roots_of(package: &Package) -> Vec<PathBuf> {
    package
        .targets
        .iter()
        .filter(|target| target.kind.iter().any(is_shipped))
        .map(|target| target.src_path.clone().into_std_path_buf())
        .collect()
}

fn is_shipped(kind: &TargetKind) -> bool {
    !matches!(kind, TargetKind::Test | TargetKind::Bench | TargetKind::Example | TargetKind::CustomBuild)
}

fn imports_of(package: &Package, wanted: impl Fn(DependencyKind) -> bool) -> BTreeSet<String> {
    let named = package.dependencies.iter().filter(|dependency| wanted(dependency.kind));
    named.map(|dependency| dependency.name.clone()).collect()
}

/// Who depends on whom at run time.
fn shipped_edges(metadata: &Metadata) -> Result<BTreeMap<&PackageId, Vec<&PackageId>>> {
    let resolve = metadata.resolve.as_ref().context("cargo resolved the workspace")?;
    let edges = resolve.nodes.iter().map(|node| {
        let normal =
            node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        (&node.id, normal.map(|dep| &dep.pkg).collect())
    });
    Ok(edges.collect())
}

fn closure_of(
    start: &PackageId,
    edges: &BTreeMap<&PackageId, Vec<&PackageId>>,
    metadata: &Metadata,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(id) = pending.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if seen.insert(*next) {
                pending.push(next);
            }
        }
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_a_place_is_found() {
        let graph = planted(&[("glow-model", &[]), ("glow-misc", &[])]);
        assert_eq!(unplaced(&graph, FLOORS).len(), 1, "glow-misc has no place");
    }

    #[test]
    fn an_import_upwards_and_one_between_siblings_are_found() {
        let graph = planted(&[
            ("glow-model", &["glow-store"]),
            ("glow-store", &["glow-blobs"]),
            ("glow-blobs", &["glow-model"]),
        ]);
        let broken = forbidden_imports(&graph, FLOORS);
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].starts_with("glow-model imports glow-store"), "{broken:?}");
        assert!(broken[1].starts_with("glow-store imports glow-blobs"), "{broken:?}");
    }

    #[test]
    fn an_exclusive_library_away_from_home_is_found() {
        let rules =
            &[Exclusive::new("tauri*", &["afterglow"], "window"), Exclusive::new("rusqlite", &["glow-store"], "SQL")];
        let graph =
            planted(&[("afterglow", &["tauri"]), ("glow-blobs", &["rusqlite", "tauri-plugin-dialog", "rusqlite_not"])]);
        let broken = strays(&graph, rules);
        assert_eq!(broken, ["glow-blobs imports tauri-plugin-dialog: window", "glow-blobs imports rusqlite: SQL"]);
    }

    #[test]
    fn impurity_is_found_in_the_manifest_and_behind_it() {
        let graph = planted(&[("glow-model", &["rand", "serde"]), ("glow-store", &["rand", "tokio"])]);
        assert_eq!(impure_imports(&graph, FLOORS, &["rand"]).len(), 1, "the store is not pure");
        assert_eq!(impure_closure(&graph, FLOORS, &["serde"]).len(), 1, "planted behind the model");
        assert!(impure_closure(&graph, FLOORS, &["tokio"]).is_empty(), "the store may have tokio behind it");
    }

    const FLOORS: &[Place] = &[
        Place::pure("glow-model", &[]),
        Place::new("glow-store", &["glow-model"]),
        Place::new("glow-blobs", &["glow-model"]),
        Place::anything("afterglow"),
    ];

    fn planted(crates: &[(&str, &[&str])]) -> Graph {
        let members = crates.iter().map(|(name, imports)| {
            let imports = imports.iter().map(|import| (*import).to_owned()).collect::<BTreeSet<_>>();
            Member {
                name: (*name).to_owned(),
                folder: PathBuf::new(),
                roots: Vec::new(),
                shipped_imports: imports.clone(),
                closure: imports.clone(),
                imports,
            }
        });
        Graph { members: members.collect(), folders: BTreeMap::new() }
    }
}
