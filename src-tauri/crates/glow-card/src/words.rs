//! The lines on a card. Paper has no interface to ask, so they stand here.

/// The language of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// The lines of one language.
pub(crate) struct Words {
    pub(crate) tag: &'static str,
    pub(crate) steps: [&'static str; 3],
    pub(crate) wifi: &'static str,
    pub(crate) password: &'static str,
    /// What guests without the app are told: in a word, and in a line.
    pub(crate) guests: [&'static str; 2],
    pub(crate) promise: &'static str,
}

impl Language {
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::De => &DE,
        }
    }
}

const EN: Words = Words {
    tag: "en",
    steps: ["Open Afterglow and tap “Join a group”", "Scan this code", "Take photos: all of us have them at once"],
    wifi: "Wi-Fi",
    password: "Password",
    guests: ["Without the app", "Scan with your camera"],
    promise: "No account, no Internet needed",
};

const DE: Words = Words {
    tag: "de",
    steps: [
        "Afterglow öffnen, „Gruppe beitreten“ antippen",
        "Diesen Code scannen",
        "Fotos machen: alle haben sie sofort",
    ],
    wifi: "WLAN",
    password: "Passwort",
    guests: ["Ohne App", "Mit der Kamera scannen"],
    promise: "Ohne Konto und ohne Internet",
};
