//! The contract for a browser: requests, events, media and uploads over HTTP on one address, and the page itself.
//!
//! Owns the routes, the sessions and what a browser is told about safety (hosts, origins, content policy, ranges). Never
//! decides anything about groups or moments: whatever a route is asked goes to the engine, whatever it answers goes back.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /`, `/assets/...` | the page |
//! | `POST /session` | trades a one-time token for a session: `{"token"}` to `{"session"}` |
//! | `POST /<session>/call` | one `Request`, answered by its view or an `ApiError` |
//! | `GET /<session>/events` | WebSocket, one `Event` a text message |
//! | `GET /<session>/media/<group>/<moment>/<part>` | bytes, with ranges; `?download` names the file |
//! | `PUT /<session>/upload?group=..&name=..` | one file as the raw body, answered by a `PostReceipt` |
//!
//! Who is let in: the address printed for the owner carries a one-time token of 128 bits in its fragment, which no server
//! or log sees. The page trades it for a session of 128 bits, and the session stands in the path because an `<img>`, a
//! `<video>` and a WebSocket can carry no header. Requests under another name (`Host`) or from another page (`Origin`) are
//! refused before anything else looks at them, so neither a rebound name nor a hostile page can use a browser as its hand.
//!
//! Guests come in by a listener of their own: see [`GuestDoors`] and the protocol in `guest/mod.rs`.
//!
//! ```no_run
//! # async fn example(engine: glow_engine::Engine) -> Result<(), glow_gateway::GatewayError> {
//! let gateway = glow_gateway::Gateway::start(engine, glow_gateway::GatewayConfig::default()).await?;
//! println!("open {}", gateway.page_url());
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod album;
mod answer;
mod body;
mod call;
mod clip;
mod connection;
mod events;
mod fence;
mod gateway;
mod guest;
mod heard;
mod media;
mod page;
mod range;
mod session;
mod upload;

pub use gateway::{Gateway, GatewayConfig, GatewayError};
pub use guest::{GuestDoors, GuestVisitor};
pub use page::UiFiles;
