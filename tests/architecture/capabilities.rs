//! What the app's webview may do: its capability files and its content policy.

use serde_json::Value;

use crate::sources::Source;

/// Permissions that are granted but not on the list.
pub(crate) fn beyond(files: &[Source], allowed: &[&str]) -> Vec<String> {
    files.iter().flat_map(|file| beyond_in(file, allowed)).collect()
}

fn beyond_in(file: &Source, allowed: &[&str]) -> Vec<String> {
    let at = file.path.display();
    let Ok(json) = serde_json::from_str::<Value>(&file.text) else {
        return vec![format!("{at}: not JSON")];
    };
    let mut broken = Vec::new();
    if json.get("remote").is_some() {
        broken.push(format!("{at}: a remote page may call nothing"));
    }
    for permission in json["permissions"].as_array().into_iter().flatten() {
        // A permission with a scope is an object, and still has a name.
        let name = permission.as_str().or_else(|| permission["identifier"].as_str()).unwrap_or_default();
        if !allowed.contains(&name) {
            broken.push(format!("{at}: grants {permission}"));
        }
    }
    broken
}

/// What in `tauri.conf.json` would let a page run code that we did not ship.
pub(crate) fn loose_policy(conf: &Source) -> Vec<String> {
    let Ok(json) = serde_json::from_str::<Value>(&conf.text) else {
        return vec!["tauri.conf.json is not JSON".to_owned()];
    };
    let mut broken = Vec::new();
    let app = &json["app"];
    if app["withGlobalTauri"] != Value::Bool(false) {
        broken.push("withGlobalTauri must be false".to_owned());
    }
    let Some(policy) = app["security"]["csp"].as_object() else {
        broken.push("security.csp must name its directives".to_owned());
        return broken;
    };
    if policy.get("default-src").and_then(Value::as_str) != Some("'self'") {
        broken.push("default-src must be 'self' alone".to_owned());
    }
    for (directive, sources) in policy {
        let sources = sources.as_str().unwrap_or("*").split_whitespace();
        for source in sources.filter(|source| is_foreign(directive, source)) {
            broken.push(format!("{directive} allows {source}"));
        }
    }
    broken
}

fn is_foreign(directive: &str, source: &str) -> bool {
    let local = ["http://127.0.0.1:*", "http://ipc.localhost", "http://media.localhost"].contains(&source);
    let remote =
        source == "*" || (source.contains("//") && !local) || ["http:", "https:", "ws:", "wss:"].contains(&source);
    let executes =
        ["default-src", "script-src", "worker-src", "object-src", "frame-src", "base-uri"].contains(&directive);
    let inline = ["'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"].contains(&source);
    remote || (executes && (inline || local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_that_is_not_listed_is_found() {
        let json = r#"{ "permissions": ["allow-call", "fs:default", { "identifier": "shell:allow-open" }] }"#;
        let broken = beyond(&[Source::new("main.json", json)], &["allow-call"]);
        assert_eq!(broken.len(), 2, "{broken:?}");
    }

    #[test]
    fn a_remote_page_with_rights_is_found() {
        let json = r#"{ "remote": { "urls": ["https://example.org"] }, "permissions": [] }"#;
        assert_eq!(beyond(&[Source::new("main.json", json)], &[]).len(), 1, "remote pages have none");
    }

    #[test]
    fn a_strict_policy_passes() {
        let strict = "\"script-src\": \"'self'\", \"img-src\": \"'self' media: data: http://127.0.0.1:*\"";
        assert!(loose_policy(&conf(strict)).is_empty(), "nothing foreign in it");
    }

    #[test]
    fn a_loose_policy_is_found() {
        let directives = [
            "\"script-src\": \"'self' 'unsafe-inline'\"",
            "\"script-src\": \"'self' http://127.0.0.1:*\"",
            "\"img-src\": \"https:\"",
            "\"connect-src\": \"https://example.org\"",
            "\"worker-src\": \"blob:\"",
        ];
        for directive in directives {
            assert_eq!(loose_policy(&conf(directive)).len(), 1, "{directive} lets something in");
        }
        assert_eq!(
            loose_policy(&Source::new("", r#"{ "app": { "withGlobalTauri": true } }"#)).len(),
            2,
            "both are told"
        );
    }

    fn conf(directives: &str) -> Source {
        let csp = format!("{{ \"default-src\": \"'self'\", {directives} }}");
        Source::new(
            "tauri.conf.json",
            format!("{{ \"app\": {{ \"withGlobalTauri\": false, \"security\": {{ \"csp\": {csp} }} }} }}"),
        )
    }
}
