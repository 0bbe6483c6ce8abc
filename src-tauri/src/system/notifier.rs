//! Shows notes: through the desktop's notifications, or a phone's.

use std::sync::Arc;

use tauri::AppHandle;

use crate::system::digest::Note;

/// Shows a note, in the place of the one that its group had before. `open` is called when the person follows it.
#[cfg(desktop)]
pub(crate) fn show(_: &AppHandle, note: Note, shown: &Arc<Shown>, open: impl Fn(&str) + Send + 'static) {
    let shown = shown.clone();
    // The desktop answers when the person does, so each note waits on a thread of its own: at most one a group.
    let spawned = std::thread::Builder::new().name("notification".to_owned()).spawn(move || {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Afterglow").summary(&note.title).body(&plain(&note.body)).icon("afterglow-app");
        #[cfg(target_os = "linux")]
        {
            notification.action("default", &note.title);
            notification.hint(notify_rust::Hint::DesktopEntry("Afterglow".to_owned()));
            notification.hint(notify_rust::Hint::Category("im.received".to_owned()));
            if let Some(id) = shown.id(&note.group) {
                notification.id(id);
            }
        }
        match notification.show() {
            Ok(handle) => wait(&note.group, handle, &shown, &open),
            Err(error) => tracing::warn!(%error, "a notification was not shown"),
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "a notification was not shown");
    }
}

#[cfg(all(desktop, target_os = "linux"))]
fn wait(group: &str, handle: notify_rust::NotificationHandle, shown: &Shown, open: &impl Fn(&str)) {
    let id = handle.id();
    let is_waited_for = shown.keep(group, id);
    if is_waited_for {
        return;
    }
    handle.wait_for_action(|action| {
        shown.forget(group);
        if action == "default" {
            open(group);
        }
    });
}

#[cfg(all(desktop, not(target_os = "linux")))]
fn wait(_: &str, _: notify_rust::NotificationHandle, _: &Shown, _: &impl Fn(&str)) {}

/// A name is text, but the desktop's notifications read markup.
#[cfg(desktop)]
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Shows a note; the phone itself opens the app when it is tapped.
#[cfg(mobile)]
pub(crate) fn show(app: &AppHandle, note: Note, shown: &Arc<Shown>, _: impl Fn(&str) + Send + 'static) {
    use tauri_plugin_notification::NotificationExt;
    let number = shown.number(&note.group);
    let notification = app.notification().builder().id(number).title(note.title).body(note.body);
    if let Err(error) = notification.auto_cancel().show() {
        tracing::warn!(%error, "a notification was not shown");
    }
}

/// Notes that are on the screen, by group.
#[derive(Debug, Default)]
pub(crate) struct Shown(std::sync::Mutex<std::collections::BTreeMap<String, u32>>);

impl Shown {
    #[cfg(target_os = "linux")]
    fn id(&self, group: &str) -> Option<u32> {
        self.ids().get(group).copied()
    }

    /// Keeps a note's number. Answers whether that very note is waited for already.
    #[cfg(target_os = "linux")]
    fn keep(&self, group: &str, id: u32) -> bool {
        self.ids().insert(group.to_owned(), id) == Some(id)
    }

    #[cfg(target_os = "linux")]
    fn forget(&self, group: &str) {
        self.ids().remove(group);
    }

    /// A number of its own for each group.
    #[cfg(mobile)]
    fn number(&self, group: &str) -> i32 {
        let mut ids = self.ids();
        let next = u32::try_from(ids.len()).unwrap_or_default() + 1;
        i32::try_from(*ids.entry(group.to_owned()).or_insert(next)).unwrap_or(1)
    }

    fn ids(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, u32>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_one_note_at_a_time() {
        let shown = Shown::default();
        assert_eq!(shown.id("a"), None);
        assert!(!shown.keep("a", 7), "the first waits for an answer");
        assert!(shown.keep("a", 7), "what takes its place is waited for already");
        shown.forget("a");
        assert_eq!(shown.id("a"), None);
    }

    #[test]
    fn a_name_is_never_markup() {
        assert_eq!(plain("<b>Anna</b> & Ben"), "&lt;b&gt;Anna&lt;/b&gt; &amp; Ben");
    }
}
