//! The icon in the tray of a Linux desktop, by the StatusNotifierItem of freedesktop.org over D-Bus.
//!
//! It is there as long as something shows it: where no desktop does, the app says so and closing its window ends it. Goes the
//! tray away while the window is hidden, the window comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ksni::menu::StandardItem;
use ksni::{Handle, Icon, MenuItem, OfflineReason, ToolTip, TrayMethods};
use tokio::sync::OnceCell;

use crate::system::words::Words;

/// What a click in the tray asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To see the window.
    Open,
    /// To fetch nothing for now, or to go on.
    Pause(bool),
    /// To end the app.
    Quit,
    /// The tray has come or gone.
    Changed,
}

/// The icon, as far as there is one.
#[derive(Default)]
pub(crate) struct Tray {
    handle: OnceCell<Handle<Item>>,
    shown: Arc<AtomicBool>,
}

impl Tray {
    /// Puts the icon there, if something shows it.
    pub(crate) async fn show(&self, language: Option<String>, wish: impl Fn(Wish) + Send + Sync + 'static) {
        let item = Item { language, paused: false, wish: Box::new(wish), shown: self.shown.clone() };
        match item.spawn().await {
            Ok(handle) => {
                self.shown.store(true, Ordering::Relaxed);
                if self.handle.set(handle).is_err() {
                    tracing::warn!("a second icon in the tray");
                }
            }
            Err(error) => tracing::info!(%error, "nothing shows an icon in a tray"),
        }
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.shown.load(Ordering::Relaxed)
    }

    pub(crate) async fn speak(&self, language: Option<String>) {
        self.update(|item| item.language = language).await;
    }

    pub(crate) async fn set_paused(&self, paused: bool) {
        self.update(|item| item.paused = paused).await;
    }

    async fn update(&self, change: impl FnOnce(&mut Item)) {
        if let Some(handle) = self.handle.get() {
            handle.update(change).await;
        }
    }
}

struct Item {
    language: Option<String>,
    paused: bool,
    wish: Box<dyn Fn(Wish) + Send + Sync>,
    shown: Arc<AtomicBool>,
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "afterglow-app".to_owned()
    }

    fn title(&self) -> String {
        "Afterglow".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        vec![pixmap(&tauri::include_image!("icons/32x32.png")), pixmap(&tauri::include_image!("icons/128x128.png"))]
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip { title: self.title(), ..ToolTip::default() }
    }

    fn activate(&mut self, _: i32, _: i32) {
        (self.wish)(Wish::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let words = Words::of(self.language.as_deref());
        let item = |key: &str, wish: Wish| -> MenuItem<Self> {
            let activate = Box::new(move |this: &mut Self| (this.wish)(wish));
            StandardItem { label: words.say(key, &[]), activate, ..StandardItem::default() }.into()
        };
        vec![
            item("tray_open", Wish::Open),
            item(if self.paused { "resume_fetching" } else { "pause_fetching" }, Wish::Pause(!self.paused)),
            MenuItem::Separator,
            item("tray_quit", Wish::Quit),
        ]
    }

    fn watcher_online(&self) {
        self.shown.store(true, Ordering::Relaxed);
        (self.wish)(Wish::Changed);
    }

    fn watcher_offline(&self, _: OfflineReason) -> bool {
        self.shown.store(false, Ordering::Relaxed);
        (self.wish)(Wish::Changed);
        true
    }
}

/// D-Bus wants each pixel's opacity first.
fn pixmap(image: &tauri::image::Image<'_>) -> Icon {
    let mut data = image.rgba().to_vec();
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    let side = |length: u32| i32::try_from(length).unwrap_or(i32::MAX);
    Icon { width: side(image.width()), height: side(image.height()), data }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;

    use ksni::Tray as _;

    use super::*;

    fn labels(item: &Item) -> Vec<String> {
        let label = |entry| match entry {
            MenuItem::Standard(item) => item.label,
            MenuItem::Separator => "-".to_owned(),
            other => panic!("{:?}", std::mem::discriminant(&other)),
        };
        item.menu().into_iter().map(label).collect()
    }

    #[test]
    fn the_menu_says_what_a_click_does() {
        let wishes = Arc::new(Mutex::new(Vec::new()));
        let heard = wishes.clone();
        let mut item = Item {
            language: Some("en".to_owned()),
            paused: false,
            wish: Box::new(move |wish| heard.lock().unwrap().push(wish)),
            shown: Arc::default(),
        };
        assert_eq!(labels(&item), ["Open Afterglow", "Pause fetching", "-", "Quit Afterglow"]);
        for entry in item.menu() {
            if let MenuItem::Standard(entry) = entry {
                (entry.activate)(&mut item);
            }
        }
        item.activate(0, 0);
        assert_eq!(*wishes.lock().unwrap(), [Wish::Open, Wish::Pause(true), Wish::Quit, Wish::Open]);
        item.paused = true;
        item.language = Some("de".to_owned());
        assert_eq!(labels(&item)[1], "Weiter laden");
    }

    #[test]
    fn the_icon_is_opaque_in_its_middle() {
        let icon = pixmap(&tauri::include_image!("icons/32x32.png"));
        assert_eq!((icon.width, icon.height, icon.data.len()), (32, 32, 32 * 32 * 4));
        assert_eq!(icon.data[(16 * 32 + 16) * 4], 255, "opacity stands first");
    }
}
