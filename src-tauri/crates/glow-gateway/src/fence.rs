//! What stands before every route: under which names and from which pages the server may be used, and the headers that
//! tell the browser to be strict.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use glow_api::ErrorCode;
use glow_engine::Engine;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::answer::Refusal;
use crate::connection::Ends;
use crate::gateway::GatewayError;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The names and pages that may use a server.
#[derive(Debug)]
pub(crate) enum Fence {
    /// The owner's page: on this address, and pages of these origins.
    Owner { address: SocketAddr, origins: Vec<HeaderValue> },
    /// A guest door: on whatever address of the machine a connection came to, and pages of other doors of its group.
    Door { engine: Engine, group: String },
}

impl Fence {
    pub(crate) fn owner(address: SocketAddr, origins: &[String]) -> Result<Self, GatewayError> {
        let value = |origin: &String| {
            HeaderValue::from_str(origin).map_err(|_| GatewayError::BadOrigin { origin: origin.clone() })
        };
        Ok(Self::Owner { address, origins: origins.iter().map(value).collect::<Result<_, _>>()? })
    }

    pub(crate) fn door(engine: Engine, group: String) -> Self {
        Self::Door { engine, group }
    }

    /// Answers the browser's questions for the pages that are not served from here.
    pub(crate) fn cors(&self) -> CorsLayer {
        let origins = match self {
            Self::Owner { origins, .. } => AllowOrigin::list(origins.clone()),
            Self::Door { engine, group } => {
                let (engine, group) = (engine.clone(), group.clone());
                AllowOrigin::predicate(move |origin, _| is_door_of(&engine, &group, origin))
            }
        };
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
            .allow_headers([header::CONTENT_TYPE, header::RANGE, header::IF_RANGE])
            .expose_headers([header::CONTENT_RANGE, header::CONTENT_LENGTH, header::ACCEPT_RANGES, header::ETAG])
            .allow_private_network(true)
    }

    /// Whether a request under this name is meant for this server. A name that an attacker has pointed at this address
    /// is not: only addresses and `localhost` are.
    fn admits_host(&self, host: &str, ends: Option<Ends>) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.ends_with(':') && !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let ip = bare.parse::<IpAddr>().ok();
        match self {
            Self::Owner { address, .. } => {
                let is_here = ip.is_some_and(|ip| ip == address.ip() || address.ip().is_unspecified());
                port == Some(address.port()) && (is_here || name.eq_ignore_ascii_case("localhost"))
            }
            Self::Door { .. } => {
                ends.is_some_and(|ends| ip == Some(ends.local.ip().to_canonical()) && port == Some(ends.local.port()))
            }
        }
    }

    /// Whether a page of this origin may ask: the one served from here under the same name, or one on the list.
    fn admits_origin(&self, origin: &HeaderValue, host: &str) -> bool {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|own| own.eq_ignore_ascii_case(host));
        own || match self {
            Self::Owner { origins, .. } => origins.contains(origin),
            Self::Door { engine, group } => is_door_of(engine, group, origin),
        }
    }

    fn strict_headers(&self, host: &str, headers: &mut HeaderMap) {
        // A guest's page moves on to doors that were not open when it was loaded.
        let connects = match self {
            Self::Owner { .. } => format!("'self' ws://{host}"),
            Self::Door { .. } => "'self' http: ws:".to_owned(),
        };
        let policy = format!(
            "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src {connects}; \
             style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
        }
        // A window of the app is another origin than this server and shows its pictures.
        let sharing = match self {
            Self::Owner { origins, .. } if !origins.is_empty() => "cross-origin",
            Self::Owner { .. } | Self::Door { .. } => "same-origin",
        };
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static(sharing));
        // Browsers heed it on safe origins only, and complain of it on a guest's plain http.
        if let Self::Owner { .. } = self {
            headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
}

/// Refuses what comes under another name or from another page, and makes every answer strict.
pub(crate) async fn guard(State(fence): State<Arc<Fence>>, request: Request, next: Next) -> Response {
    let host = host_of(request.headers(), request.uri());
    let ends = request.extensions().get::<Ends>().copied();
    let Some(host) = host.filter(|host| fence.admits_host(host, ends)) else {
        tracing::warn!("a request under another name was refused");
        return Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            ErrorCode::NotAllowed,
            "This server is not known under that name.",
        )
        .into_response();
    };
    if let Some(origin) = request.headers().get(header::ORIGIN)
        && !fence.admits_origin(origin, &host)
    {
        tracing::warn!(?origin, "a request from another page was refused");
        return Refusal::new(StatusCode::FORBIDDEN, ErrorCode::NotAllowed, "Pages of other origins may not ask.")
            .into_response();
    }
    let mut response = next.run(request).await;
    fence.strict_headers(&host, response.headers_mut());
    response
}

/// Whether a page came from another door of the group.
fn is_door_of(engine: &Engine, group: &str, origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| engine.admits_guest_origin(group, origin))
}

/// The one name a request comes under; nothing when it names none or several.
fn host_of(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let agrees = uri.authority().is_none_or(|authority| authority.as_str() == host);
    (hosts.next().is_none() && agrees).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn fence(address: &str) -> Fence {
        Fence::owner(address.parse().unwrap(), &["tauri://localhost".to_owned()]).unwrap()
    }

    #[test]
    fn only_its_own_names_are_admitted() {
        let fence = fence("127.0.0.1:4000");
        for own in ["127.0.0.1:4000", "localhost:4000", "LOCALHOST:4000"] {
            assert!(fence.admits_host(own, None), "{own}");
        }
        for other in [
            "evil.example:4000",
            "127.0.0.1",
            "127.0.0.1:4001",
            "127.0.0.2:4000",
            "",
            ":4000",
            "localhost.evil:4000",
            "[::1]:4000",
        ] {
            assert!(!fence.admits_host(other, None), "{other}");
        }
    }

    #[test]
    fn on_every_interface_any_address_is_admitted_but_no_name() {
        let fence = fence("[::]:80");
        for own in ["192.168.1.7", "192.168.1.7:80", "[fe80::1]", "[fe80::1]:80", "localhost"] {
            assert!(fence.admits_host(own, None), "{own}");
        }
        assert!(!fence.admits_host("evil.example", None), "a rebound name");
    }

    #[test]
    fn only_its_own_page_and_listed_ones_may_ask() {
        let fence = fence("127.0.0.1:4000");
        let admits = |origin| fence.admits_origin(&HeaderValue::from_static(origin), "127.0.0.1:4000");
        assert!(admits("http://127.0.0.1:4000"));
        assert!(admits("tauri://localhost"));
        for other in
            ["null", "http://evil.example", "https://127.0.0.1:4000", "http://127.0.0.1:4001", "http://localhost:4000"]
        {
            assert!(!admits(other), "{other}");
        }
    }
}
