//! A running node's control socket, asked directly: a command would cost a process, which measurements should not pay.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use glow_api::{Call, Request};
use serde_json::{Value, json};

/// An open connection to a node's control socket.
#[derive(Debug)]
pub struct Control(BufReader<UnixStream>);

impl Control {
    /// Connects to the node that holds a data directory.
    ///
    /// # Errors
    /// No node runs there.
    pub fn connect(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("control.sock");
        let stream = UnixStream::connect(&path).with_context(|| path.display().to_string())?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks a request of the contract.
    ///
    /// # Errors
    /// The node refuses or has gone.
    pub fn call<C: Call>(&mut self, request: C) -> Result<Value> {
        let request: Request = request.into();
        self.ask(&json!({ "verb": "call", "request": request }))
    }

    /// Adds files to a group; answers when they are on the timeline.
    ///
    /// # Errors
    /// The node refuses or has gone.
    pub fn post(&mut self, group: &str, files: &[PathBuf]) -> Result<Value> {
        self.ask(&json!({ "verb": "post", "group": group, "files": files }))
    }

    fn ask(&mut self, ask: &Value) -> Result<Value> {
        let stream = self.0.get_mut();
        stream.write_all(format!("{ask}\n").as_bytes())?;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                bail!("the node ended before it answered");
            }
            let mut tell: Value = serde_json::from_str(&line)?;
            match tell["tell"].as_str() {
                Some("step") => {}
                Some("done") => return Ok(tell["value"].take()),
                _ => bail!("the node refused: {tell}"),
            }
        }
    }
}
