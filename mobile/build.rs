//! Wires the Gradle and Swift projects into the app. The page may call nothing of this plugin: it has no commands.

fn main() {
    if let Err(error) = tauri_plugin::Builder::new(&[]).android_path("android").ios_path("ios").try_build() {
        println!("cargo::error={error:#}");
    }
}
