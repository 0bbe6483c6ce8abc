//! What can go wrong with media.

/// Why a file could not be read, decoded or blanked.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file could not be read from its source.
    #[error("cannot read the media")]
    Io(#[from] std::io::Error),
    /// The content is of no format this crate knows.
    #[error("not a photo or clip of a known format")]
    UnknownFormat,
    /// The structure contradicts its format.
    #[error("malformed {what}")]
    Malformed {
        /// The structure that is wrong.
        what: &'static str,
    },
    /// A size exceeds a named limit.
    #[error("{what} exceeds {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in the unit of what is measured.
        limit: u64,
    },
    /// Following the structure takes more steps than any real file needs.
    #[error("structure is too complex")]
    TooComplex,
    /// The JPEG codec refused.
    #[error("JPEG codec refused the picture")]
    Jpeg(#[from] turbojpeg::Error),
    /// The picture decoder refused.
    #[error("decoder refused the picture")]
    Image(#[from] image::ImageError),
    /// Scaling failed.
    #[error("picture cannot be scaled")]
    Resize(#[from] fast_image_resize::ResizeError),
    /// No encoding of the preview fits its limit.
    #[error("preview does not fit into {limit} bytes")]
    PreviewTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A received preview breaks a rule that every honest preview keeps.
    #[error("not an acceptable preview: {rule}")]
    BadPreview {
        /// The rule that is broken.
        rule: &'static str,
    },
}

impl MediaError {
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }
}
