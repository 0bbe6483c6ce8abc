//! `clock`.

use clap::{Args, Subcommand};

use super::InGroup;
use super::value::{shift, wall_clock};

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Show the group's clock as a QR code, until interrupted. Photograph it with a camera and post the photo: all photos of
    /// that camera are put at the right time.
    Show {
        #[command(flatten)]
        of: InGroup,
        /// Show it once, as it is now.
        #[arg(long)]
        once: bool,
    },
    /// Print the cameras and by how much their times are corrected.
    List(InGroup),
    /// Correct the times of a camera.
    Set(ClockSetting),
    /// Put back what a camera's clock was set to before.
    Undo {
        /// The camera: its number in `clock list`, or a part of its name.
        camera: String,
        #[command(flatten)]
        of: InGroup,
    },
    /// Choose whether photos of the group's clock are posted, too.
    Photos {
        /// Whether they are.
        post: Choice,
        #[command(flatten)]
        of: InGroup,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ClockSetting {
    /// The camera: its number in `clock list`, or a part of its name.
    pub(crate) camera: String,
    /// What is added to its times, such as 1h3m, -10d or 0.
    #[arg(value_name = "SHIFT", value_parser = shift, allow_hyphen_values = true)]
    pub(crate) shift_ms: i64,
    /// Only for captures from then on, by the camera's clock, such as 2026-11-27T14:00.
    #[arg(long, value_name = "TIME", value_parser = wall_clock)]
    pub(crate) from: Option<i64>,
    /// Only for captures before then, by the camera's clock.
    #[arg(long, value_name = "TIME", value_parser = wall_clock)]
    pub(crate) until: Option<i64>,
    #[command(flatten)]
    pub(crate) of: InGroup,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// Yes.
    On,
    /// No.
    Off,
}
