//! nginx, with the files of one folder: what is measured beside ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::tool::Tool;

/// Starts it by a command for `nginx`: it serves `files` at an address and port, and keeps what it writes below `place`.
///
/// # Errors
/// It is not installed.
pub fn start(mut nginx: Command, place: &Path, files: &Path, listen: &str) -> Result<Tool> {
    let path = place.join("nginx.conf");
    let log = place.join("log");
    let (place, files) = (place.display(), files.display());
    let configuration = format!(
        "daemon off; master_process off; pid {place}/pid; error_log {place}/log; user root; events {{}}\n\
         http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p; \
         fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s; \
         server {{ listen {listen}; root {files}; }} }}\n"
    );
    fs::write(&path, configuration)?;
    Tool::start(nginx.arg("-e").arg(log).arg("-c").arg(path), "nginx")
}
