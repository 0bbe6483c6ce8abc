//! What the bridge tells a phone, and how it takes what the phone says. The phone is played.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use glow_engine::SystemService;
use serde_json::{Value, json};
use tauri_plugin_afterglow::contract::{Command, Grant, NativeEvent, Permission, Sign};
use tauri_plugin_afterglow::{BridgeError, Desktop, Listener, Native, NativeBridge, Phone};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Answers as it was told to, and tells what it was asked.
#[derive(Default)]
struct Stage {
    answers: Mutex<Vec<(Command, Result<Value, &'static str>)>>,
    listeners: Mutex<Vec<(Command, Listener)>>,
}

struct Player {
    stage: Arc<Stage>,
    asked: mpsc::UnboundedSender<(Command, Value)>,
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Player")
    }
}

#[async_trait]
impl Native for Player {
    async fn run(&self, command: Command, request: Value, listener: Option<Listener>) -> Result<Value, BridgeError> {
        if let Some(listener) = listener {
            self.stage.listeners.lock().unwrap().push((command, listener));
        }
        self.asked.send((command, request)).unwrap();
        let mut answers = self.stage.answers.lock().unwrap();
        let Some(at) = answers.iter().position(|(of, _)| *of == command) else {
            return Ok(Value::Null);
        };
        let refused = |message: &str| BridgeError::Refused { code: None, message: message.to_owned() };
        answers.remove(at).1.map_err(refused)
    }
}

struct Scene {
    stage: Arc<Stage>,
    asked: mpsc::UnboundedReceiver<(Command, Value)>,
    phone: Phone<Player>,
}

impl Scene {
    fn new() -> Self {
        let stage = Arc::<Stage>::default();
        let (sender, asked) = mpsc::unbounded_channel();
        Self { phone: Phone::new(Player { stage: stage.clone(), asked: sender }), stage, asked }
    }

    fn answers(&self, command: Command, answer: Result<Value, &'static str>) {
        self.stage.answers.lock().unwrap().push((command, answer));
    }

    fn says(&self, command: Command, event: &Value) {
        for (of, listener) in self.stage.listeners.lock().unwrap().iter() {
            if *of == command {
                listener(event.clone());
            }
        }
    }

    async fn asked(&mut self) -> (Command, Value) {
        timeout(Duration::from_secs(5), self.asked.recv()).await.expect("the phone is told something").unwrap()
    }
}

#[tokio::test]
async fn a_refusal_is_a_state_and_not_an_error() {
    let mut scene = Scene::new();
    let denied =
        json!({"localNetwork": "denied", "photos": "notAsked", "camera": "granted", "notifications": "granted"});
    scene.answers(Command::Ask, Ok(denied));
    let granted = scene.phone.ask(Permission::LocalNetwork).await.unwrap();
    assert_eq!(scene.asked().await, (Command::Ask, json!({"what": "localNetwork"})));
    assert_eq!((granted.local_network, granted.photos), (Grant::Denied, Grant::NotAsked));
    assert!(!granted.local_network.allows() && granted.camera.allows());
}

#[tokio::test]
async fn an_answer_that_is_not_agreed_on_is_an_error() {
    let scene = Scene::new();
    for answer in [json!(null), json!({"localNetwork": "perhaps"}), json!([1])] {
        scene.answers(Command::Permissions, Ok(answer));
        let error = scene.phone.permissions().await.unwrap_err();
        assert!(matches!(error, BridgeError::NotUnderstood { command: "permissions", .. }), "{error}");
    }
}

#[tokio::test]
async fn what_the_system_refuses_is_told() {
    let scene = Scene::new();
    scene.answers(Command::StartSharing, Err("not while unseen"));
    let error = scene.phone.start_sharing(Sign::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "the system refused: not while unseen");
}

#[tokio::test]
async fn the_camera_roll_counts_from_now_on() {
    let mut scene = Scene::new();
    let roll = scene.phone.watch_roll(Path::new("/data/roll")).await.unwrap();
    assert!(roll.is_copy && roll.folder == Path::new("/data/roll"), "{roll:?}");
    let (command, request) = scene.asked().await;
    assert_eq!((command, &request["folder"]), (Command::WatchRoll, &json!("/data/roll")));
    assert!(request["sinceMs"].as_i64().unwrap() > 1_700_000_000_000, "what was there before is never taken");
}

#[tokio::test]
async fn files_of_other_places_are_not_taken() {
    let scene = Scene::new();
    let files = json!({"files": [
        {"path": "/data/in/a.heic", "name": "a.heic", "modifiedMs": 5},
        {"path": "/etc/passwd", "name": "b.jpg", "modifiedMs": null},
        {"path": "/data/in/../keys", "name": "c.jpg"},
    ]});
    scene.answers(Command::TakeShared, Ok(files));
    let taken = scene.phone.take_shared(Path::new("/data/in")).await.unwrap();
    assert_eq!(taken.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.heic"]);
}

#[tokio::test]
async fn events_come_in_order_and_strange_ones_are_passed_over() {
    let scene = Scene::new();
    let mut events = scene.phone.events().await.unwrap();
    for kind in ["resumed", "exploded", "shared"] {
        scene.says(Command::Listen, &json!({"kind": kind}));
    }
    assert_eq!(events.recv().await, Some(NativeEvent::Resumed));
    assert_eq!(events.recv().await, Some(NativeEvent::Shared));
}

#[tokio::test]
async fn a_goodbye_follows_its_hello() {
    let mut scene = Scene::new();
    let discovery = scene.phone.discovery().unwrap();
    let service = SystemService {
        instance: "a1".into(),
        port: 4001,
        text: [("v".into(), "1".into())].into(),
        ..SystemService::default()
    };
    drop(discovery.announce(service));
    assert_eq!(scene.asked().await, (Command::Announce, json!({"instance": "a1", "port": 4001, "text": {"v": "1"}})));
    assert_eq!(scene.asked().await, (Command::Withdraw, json!({"instance": "a1"})));
}

#[tokio::test]
async fn one_search_serves_all_and_ends_with_the_last() {
    let mut scene = Scene::new();
    let discovery = scene.phone.discovery().unwrap();
    let (mut first, second) = (discovery.browse(), discovery.browse());
    assert_eq!(scene.asked().await.0, Command::Browse);
    drop(second);
    let seen =
        json!({"instance": "b2", "port": 4002, "addresses": ["192.168.1.20", "fe80::1%wlan0"], "text": {"v": "1"}});
    scene.says(Command::Browse, &seen);
    let service = first.recv().await.unwrap();
    assert_eq!((service.port, service.addresses), (4002, vec!["192.168.1.20".parse().unwrap()]));
    let mut late = discovery.browse();
    assert_eq!(late.recv().await.unwrap().instance, "b2", "who looks later sees what is there");
    drop((first, late));
    assert_eq!(scene.asked().await.0, Command::StopBrowsing);
}

#[tokio::test]
async fn what_is_no_service_is_passed_over() {
    let mut scene = Scene::new();
    let discovery = scene.phone.discovery().unwrap();
    let mut seen = discovery.browse();
    assert_eq!(scene.asked().await.0, Command::Browse);
    let good = json!({"instance": "c", "port": 1, "addresses": ["10.0.0.1"], "text": {"t": "x".repeat(500), "v": "1"}});
    for (field, wrong) in
        [("port", json!(0)), ("port", json!(70_000)), ("addresses", json!([])), ("instance", json!("x".repeat(300)))]
    {
        let mut bad = good.clone();
        bad[field] = wrong;
        scene.says(Command::Browse, &bad);
    }
    scene.says(Command::Browse, &good);
    let service = seen.recv().await.unwrap();
    assert_eq!(service.instance, "c", "the first that is one");
    assert_eq!(service.text.keys().collect::<Vec<_>>(), ["v"], "a field longer than DNS allows is left out");
}

#[tokio::test]
async fn a_desktop_saves_without_replacing() {
    let folder = std::env::temp_dir().join(format!("afterglow-bridge-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("pictures")).unwrap();
    let file = folder.join("original");
    std::fs::write(&file, b"bytes").unwrap();
    let desktop = Desktop::with_pictures(folder.join("pictures"));
    desktop.save(&file, "a.jpg").await.unwrap();
    desktop.save(&file, "../a.jpg").await.unwrap();
    let roll = desktop.watch_roll(Path::new("/unused")).await.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&roll.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(!roll.is_copy, "they are the person's own");
    assert_eq!(names, ["a (2).jpg", "a.jpg"]);
    std::fs::remove_dir_all(&folder).unwrap();
}
