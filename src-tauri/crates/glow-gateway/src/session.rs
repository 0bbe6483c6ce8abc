//! Who is let in: one-time tokens, and the sessions they are traded for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::HEXLOWER;
use glow_api::ErrorCode;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use crate::answer::{Refusal, fresh};
use crate::body::{self, MAX_BODY_BYTES};
use crate::gateway::Host;

const SECRET_BYTES: usize = 16;
/// Tokens that wait to be used; a further one ends the oldest.
const MAX_TOKENS: usize = 16;
/// Sessions at once; a further one ends the oldest.
const MAX_SESSIONS: usize = 64;
/// So many wrong guesses within [`GUESSING`] end every token.
const MAX_GUESSES: usize = 10;
const GUESSING: Duration = Duration::from_secs(60);

type Secret = [u8; SECRET_BYTES];

/// The secrets that are good.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Good>);

#[derive(Default)]
struct Good {
    tokens: VecDeque<Secret>,
    sessions: VecDeque<Secret>,
    wrong_guesses: VecDeque<Instant>,
}

impl Sessions {
    /// A token that opens one session, once.
    pub(crate) fn new_token(&self) -> String {
        add(&mut self.good().tokens, MAX_TOKENS)
    }

    /// A session without a token, for a page in this process.
    pub(crate) fn open(&self) -> String {
        add(&mut self.good().sessions, MAX_SESSIONS)
    }

    /// A session for a token. The token is good no more; too many wrong ones end those that wait.
    fn trade(&self, token: &str, now: Instant) -> Option<String> {
        let mut good = self.good();
        if let Some(at) = find(&good.tokens, token) {
            good.tokens.remove(at);
            return Some(add(&mut good.sessions, MAX_SESSIONS));
        }
        good.wrong_guesses.retain(|guess| now.duration_since(*guess) < GUESSING);
        good.wrong_guesses.push_back(now);
        if good.wrong_guesses.len() >= MAX_GUESSES {
            good.wrong_guesses.clear();
            good.tokens.clear();
            tracing::warn!("too many wrong tokens were tried: those that were given out are good no more");
        }
        None
    }

    fn knows(&self, session: &str) -> bool {
        find(&self.good().sessions, session).is_some()
    }

    fn good(&self) -> MutexGuard<'_, Good> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

fn add(secrets: &mut VecDeque<Secret>, limit: usize) -> String {
    let secret: Secret = random();
    secrets.push_back(secret);
    while secrets.len() > limit {
        secrets.pop_front();
    }
    HEXLOWER.encode(&secret)
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Compares with every secret to its end, so that the time taken tells nothing about any of them.
fn find(secrets: &VecDeque<Secret>, guess: &str) -> Option<usize> {
    let guess: Secret = HEXLOWER.decode(guess.as_bytes()).ok()?.try_into().ok()?;
    secrets.iter().enumerate().fold(None, |found, (at, secret)| {
        let equal: Choice = secret.ct_eq(&guess);
        if bool::from(equal) { Some(at) } else { found }
    })
}

/// `POST session`: what the page sends first.
#[derive(Deserialize)]
struct SignIn {
    token: String,
}

#[derive(Serialize)]
struct SignedIn {
    session: String,
}

pub(crate) async fn sign_in(State(host): State<Host>, request: Request) -> Result<Response, Refusal> {
    let SignIn { token } = body::json(request, MAX_BODY_BYTES).await?;
    let session = host.sessions.trade(&token, Instant::now()).ok_or_else(signed_out)?;
    Ok(fresh(SignedIn { session }))
}

/// Lets through what carries a good session as the first part of its path.
pub(crate) async fn require(State(host): State<Host>, request: Request, next: Next) -> Result<Response, Refusal> {
    let session = request.uri().path().split('/').nth(1).unwrap_or_default();
    if !host.sessions.knows(session) {
        return Err(signed_out());
    }
    Ok(next.run(request).await)
}

fn signed_out() -> Refusal {
    let message = "This address was used already, or the node was started again. Run `afterglow open` for a fresh one.";
    Refusal::new(StatusCode::UNAUTHORIZED, ErrorCode::NotAllowed, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_opens_one_session_once() {
        let sessions = Sessions::default();
        let (token, now) = (sessions.new_token(), Instant::now());
        let session = sessions.trade(&token, now).unwrap();
        assert!(sessions.knows(&session));
        assert_eq!(sessions.trade(&token, now), None, "a token is good once");
        assert!(!sessions.knows(&token), "a token is no session");
    }

    #[test]
    fn ten_wrong_guesses_a_minute_end_the_token() {
        let sessions = Sessions::default();
        let (token, now) = (sessions.new_token(), Instant::now());
        for second in 0..10 {
            assert_eq!(sessions.trade("guess", now + Duration::from_secs(second)), None);
        }
        assert_eq!(sessions.trade(&token, now + Duration::from_secs(11)), None, "the token has died");
        assert!(sessions.trade(&sessions.new_token(), now).is_some(), "a fresh one is good");
    }

    #[test]
    fn slow_wrong_guesses_do_not_shut_the_owner_out() {
        let sessions = Sessions::default();
        let (token, now) = (sessions.new_token(), Instant::now());
        for guess in 0..30 {
            assert_eq!(sessions.trade("00", now + Duration::from_secs(7 * guess)), None);
        }
        assert!(sessions.trade(&token, now + Duration::from_secs(300)).is_some());
    }

    #[test]
    fn old_tokens_and_sessions_make_room() {
        let sessions = Sessions::default();
        let (first, now) = (sessions.new_token(), Instant::now());
        for _ in 0..MAX_TOKENS {
            sessions.new_token();
        }
        assert_eq!(sessions.trade(&first, now), None, "the oldest gave way");
        let oldest = sessions.open();
        for _ in 0..MAX_SESSIONS {
            sessions.open();
        }
        assert!(!sessions.knows(&oldest));
    }
}
