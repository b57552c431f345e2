//! The network between a phone and the server: a transport, and a bad link that delays, drops, repeats and truncates what
//! goes over it, by a seed.

use crate::http::CONTENT_TYPE;
use canvass_core::sync::{Failure, Post, Reply};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::ops::AddAssign;
use std::time::Duration;

/// Carries what phones post to a server.
pub trait Transport {
    /// Posts something and brings back what the server answers.
    ///
    /// # Errors
    /// When nothing came back.
    fn post(&mut self, post: &Post) -> Result<Reply, Failure>;
}

/// Real HTTP.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    agent: ureq::Agent,
    base: String,
}

impl HttpTransport {
    /// A transport to the server at a base URL such as `http://127.0.0.1:8471`.
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), base: base.to_owned() }
    }
}

impl Transport for HttpTransport {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        let failure = |error: ureq::Error| Failure(error.to_string());
        let mut request = self.agent.post(format!("{}{}", self.base, post.path)).header("content-type", CONTENT_TYPE);
        if let Some(authorization) = &post.authorization {
            request = request.header("authorization", authorization);
        }
        let mut response = request.send(post.body.as_slice()).map_err(failure)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(failure)?;
        Ok(Reply { status, body })
    }
}

/// How bad a link is: chances in a thousand for each request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// Something is lost on the way there or back.
    pub drops: u16,
    /// The request arrives twice; the phone hears the second answer.
    pub repeats: u16,
    /// The request or the answer is cut short.
    pub truncates: u16,
    /// The request waits on the way.
    pub delays: u16,
    /// How long it waits at most.
    pub longest_delay: Duration,
}

impl Weather {
    /// A link on which nothing goes wrong.
    pub const CLEAR: Self = Self { drops: 0, repeats: 0, truncates: 0, delays: 0, longest_delay: Duration::ZERO };

    /// A basement: one request in eight goes wrong.
    pub const BASEMENT: Self =
        Self { drops: 60, repeats: 40, truncates: 30, delays: 100, longest_delay: Duration::from_millis(4) };
}

/// What went over a link, and what went wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Requests that phones sent.
    pub requests: usize,
    /// Requests or answers lost.
    pub drops: usize,
    /// Requests that arrived twice.
    pub repeats: usize,
    /// Requests or answers cut short.
    pub truncations: usize,
    /// Requests that waited.
    pub delays: usize,
    /// Bytes of request bodies that were sent.
    pub sent: u64,
    /// Bytes of response bodies that came.
    pub received: u64,
}

impl AddAssign for LinkCounts {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.drops += other.drops;
        self.repeats += other.repeats;
        self.truncations += other.truncations;
        self.delays += other.delays;
        self.sent += other.sent;
        self.received += other.received;
    }
}

/// A transport over a bad link.
#[derive(Debug)]
pub struct Link<T> {
    transport: T,
    rng: ChaCha8Rng,
    /// How bad it is; can change at any time.
    pub weather: Weather,
    /// What happened so far.
    pub counts: LinkCounts,
}

impl<T: Transport> Link<T> {
    /// A link over a transport, whose faults come from a seeded generator.
    pub fn new(transport: T, weather: Weather, rng: ChaCha8Rng) -> Self {
        Self { transport, rng, weather, counts: LinkCounts::default() }
    }

    fn happens(&mut self, chance: u16) -> bool {
        self.rng.random_range(0..1000) < chance
    }

    fn cut(&mut self, bytes: &mut Vec<u8>) {
        self.counts.truncations += 1;
        bytes.truncate(self.rng.random_range(0..bytes.len().max(1)));
    }
}

impl<T: Transport> Transport for Link<T> {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        self.counts.requests += 1;
        self.counts.sent += post.body.len() as u64;
        if self.happens(self.weather.delays) {
            self.counts.delays += 1;
            std::thread::sleep(self.weather.longest_delay.mul_f32(self.rng.random_range(0.0..1.0)));
        }
        let (dropped, repeated) = (self.happens(self.weather.drops), self.happens(self.weather.repeats));
        let (truncated, there) = (self.happens(self.weather.truncates), self.rng.random_bool(0.5));
        if dropped && there {
            self.counts.drops += 1;
            return Err(Failure("the request was lost on the way".to_owned()));
        }
        let mut post = post.clone();
        if truncated && there {
            self.cut(&mut post.body);
        }
        if repeated {
            self.counts.repeats += 1;
            self.transport.post(&post)?;
        }
        let mut reply = self.transport.post(&post)?;
        if dropped {
            self.counts.drops += 1;
            return Err(Failure("the answer was lost on the way".to_owned()));
        }
        if truncated && !there {
            self.cut(&mut reply.body);
        }
        self.counts.received += reply.body.len() as u64;
        Ok(reply)
    }
}
