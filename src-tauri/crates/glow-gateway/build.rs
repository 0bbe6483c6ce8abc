//! Takes `ui/dist` into the program when it has been built; without it the program says how to get it.

use std::path::{Path, PathBuf};
use std::{env, fmt::Write as _, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(required("CARGO_MANIFEST_DIR")?).join("../../../ui/dist");
    let out = PathBuf::from(required("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    if root.is_dir() {
        collect(&root, "", &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for (number, (name, path)) in files.iter().enumerate() {
        // A copy: the folder may be built anew while the compiler reads.
        let copy = out.join(number.to_string());
        fs::copy(path, &copy)?;
        let _ = writeln!(list, "    ({name:?}, include_bytes!({copy:?}) as &[u8]),");
    }
    fs::write(out.join("ui.rs"), list + "]\n")
}

/// All files below a folder, each with its path in the page's address.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => collect(&entry.path(), &format!("{name}/"), files)?,
            false => files.push((name, entry.path())),
        }
    }
    Ok(())
}

fn required(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}
