//! What its owner sees and does on the page of a box: pausing, printing.

use anyhow::Result;

use crate::play::{Owner, Play};
use crate::support::Device;

#[test]
fn asking_a_box_how_it_is_uses_up_no_way_in() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    for _ in 0..20 {
        let status = alice.json(&["box", "status"])?;
        assert!(!status["url"].as_str().unwrap().contains("token"), "{status}");
    }
    assert_eq!(Owner::sign_in(&node)?.call("box.get", &serde_json::json!({}))?["group"], node.ready["group"]["id"]);
    Ok(())
}

#[test]
fn uploads_are_paused_and_taken_again_by_the_owner() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let owner = Owner::sign_in(&node)?;
    let pause = |paused: bool| owner.call("box.set", &serde_json::json!({ "camera_paused": paused }));
    assert_eq!(pause(true)?["camera"]["paused"], true);
    assert!(!node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    assert!(!node.upload("webdav", &alice.photo("a.jpg", 1)?, &["--fail"])?.status.success());
    pause(false)?;
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    alice.until_moments(1)
}

#[test]
fn a_moment_is_printed_within_the_limits_and_only_where_there_is_a_printer() -> Result<()> {
    let alice = Device::new()?;
    // A stand-in for CUPS' `lp`, first on PATH: it keeps what it was told and what came through the pipe.
    let tools = alice.path("tools");
    std::fs::create_dir(&tools)?;
    let lp = tools.join("lp");
    let printed = alice.path("printed");
    std::fs::write(&lp, format!("#!/bin/sh\necho \"$@\" >> {0}.args\ncat > {0}\n", printed.display()))?;
    std::fs::set_permissions(&lp, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let path = format!("{}:{}", tools.display(), std::env::var("PATH")?);
    let node = alice.start_with(&["--print", "Selphy", "--print-copies", "2", "--print-pages", "3"], &path)?;
    let owner = Owner::sign_in(&node)?;
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    alice.until_moments(1)?;
    let moment = alice.json(&["timeline"])?["moments"][0].clone();
    let args = |copies: u32| serde_json::json!({ "group": moment["group"], "moment": moment["id"], "copies": copies });
    let print = |copies: u32| owner.call("moment.print", &args(copies));
    assert_eq!(print(2)?["pages"], 2);
    assert_eq!(
        std::fs::read(&printed)?,
        std::fs::read(alice.photo("a.jpg", 1)?)?,
        "the original went through the pipe"
    );
    assert!(std::fs::read_to_string(printed.with_extension("args"))?.contains("-d Selphy -n 2"));
    assert_eq!(print(3)?["code"], "print_limit", "too many copies");
    assert_eq!(print(2)?["code"], "print_limit", "too many pages today");
    assert_eq!(print(1)?["pages"], 3);
    assert_eq!(print(0)?["code"], "bad_request");
    std::fs::write(&lp, "#!/bin/sh\necho 'lp: Error - no default destination available.' >&2\nexit 1\n")?;
    drop(node);
    let node = alice.start_with(&["--print", "default", "--print-pages", "9"], &path)?;
    let refused = Owner::sign_in(&node)?.call("moment.print", &args(1))?;
    assert_eq!(refused["code"], "no_printer");
    assert!(refused["message"].as_str().unwrap().contains("no default destination"), "{refused}");
    assert_eq!(node.ready["box"]["printing"]["pages"], 3, "what was printed today is remembered");
    drop(node);
    let node = alice.start(&[])?;
    assert_eq!(
        Owner::sign_in(&node)?.call("moment.print", &args(1))?["code"],
        "no_printer",
        "it is off unless wished for"
    );
    Ok(())
}
