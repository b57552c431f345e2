//! The line between a phone and the server: requests go to the real router in this process, and what is to go wrong with
//! the next ones can be said beforehand.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request as HttpRequest;
use canvass_core::document::ChangeHash;
use canvass_core::sync::{Failure, Post, Reply};
use canvass_core::wire::{Push, Request, Response};
use canvass_server::demo::link::Transport;
use canvass_server::http::CONTENT_TYPE;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use tower::ServiceExt;

/// A request that the server answered, and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What the server answered, whether or not the phone heard it.
    pub response: Response,
}

type Rewrite = Box<dyn FnOnce(&mut Response)>;
type RewriteEach = Rc<dyn Fn(&Request, &mut Response)>;
type Arrival = Rc<dyn Fn()>;

/// Where the server is reached: behind it stands another router once the server has been started anew.
#[derive(Clone)]
pub struct Door(Rc<RefCell<Router>>);

impl Door {
    /// A door to a router.
    pub fn to(router: Router) -> Self {
        Self(Rc::new(RefCell::new(router)))
    }

    /// Puts another router behind the door; the one before ends.
    pub(crate) fn lead_to(&self, router: Router) {
        let before = self.0.replace(router);
        drop(before);
    }

    /// The router behind it now.
    pub fn router(&self) -> Router {
        self.0.borrow().clone()
    }
}

#[derive(Default)]
struct State {
    cut: bool,
    answers_to_lose: usize,
    requests_to_hold: usize,
    bits_to_flip: Vec<(bool, usize)>,
    request_to_cut: Option<usize>,
    answer_to_cut: Option<usize>,
    dies_when_cut: bool,
    held: Vec<Post>,
    rewrite: Option<Rewrite>,
    rewrite_each: Option<RewriteEach>,
    before_arrival: Option<Arrival>,
    log: Vec<Exchange>,
}

/// What goes wrong on a line. Clones speak of the same line.
#[derive(Clone, Default)]
pub struct Faults(Rc<RefCell<State>>);

impl Faults {
    /// Nothing comes through any more.
    pub fn cut(&self) {
        self.0.borrow_mut().cut = true;
    }

    /// Everything comes through again.
    pub fn mend(&self) {
        let mut state = self.0.borrow_mut();
        (state.cut, state.answers_to_lose, state.requests_to_hold) = (false, 0, 0);
        state.bits_to_flip.clear();
        (state.request_to_cut, state.answer_to_cut, state.dies_when_cut) = (None, None, false);
    }

    /// The server answers the next requests, but the phone does not hear it.
    pub fn lose_answers(&self, number: usize) {
        self.0.borrow_mut().answers_to_lose = number;
    }

    /// The next requests hang on the way, until [`super::Holder::release_late`] lets them arrive behind newer ones.
    pub fn hold_requests(&self, number: usize) {
        self.0.borrow_mut().requests_to_hold = number;
    }

    /// Flips a bit of the next request on its way there, or of the next answer on its way back; counted from the front, and
    /// on from there again behind the end.
    pub fn flip_bit(&self, there: bool, bit: usize) {
        self.0.borrow_mut().bits_to_flip.push((there, bit));
    }

    /// Cuts the line in the next request, behind so many bytes of its body: the server hears those and then no more, the
    /// phone nothing. A shorter request is not cut, and the next one is.
    pub fn cut_request_at(&self, byte: usize) {
        self.0.borrow_mut().request_to_cut = Some(byte);
    }

    /// Cuts the line in the next answer, behind so many bytes of its body: the phone hears those, and takes them for all
    /// there is. A shorter answer is not cut, and the next one is.
    pub fn cut_answer_at(&self, byte: usize) {
        self.0.borrow_mut().answer_to_cut = Some(byte);
    }

    /// From such a cut on nothing comes through any more.
    pub fn die_when_cut(&self) {
        self.0.borrow_mut().dies_when_cut = true;
    }

    /// Whether what was to be cut was.
    pub fn has_cut(&self) -> bool {
        let state = self.0.borrow();
        state.request_to_cut.is_none() && state.answer_to_cut.is_none()
    }

    fn damage(&self, bytes: &mut [u8], there: bool) {
        let mut state = self.0.borrow_mut();
        let Some(place) = state.bits_to_flip.iter().position(|(direction, _)| *direction == there) else { return };
        let (_, bit) = state.bits_to_flip.remove(place);
        if !bytes.is_empty() {
            bytes[bit / 8 % bytes.len()] ^= 1 << (bit % 8);
        }
    }

    /// Where something of a length is to be cut, if it is.
    fn takes(&self, length: usize, cut: impl Fn(&mut State) -> &mut Option<usize>) -> Option<usize> {
        let mut state = self.0.borrow_mut();
        let byte = cut(&mut state).take_if(|byte| *byte < length);
        state.cut |= byte.is_some() && state.dies_when_cut;
        byte
    }

    /// Changes the next answer on its way.
    pub fn rewrite_next(&self, rewrite: impl FnOnce(&mut Response) + 'static) {
        self.0.borrow_mut().rewrite = Some(Box::new(rewrite));
    }

    /// Changes every answer from now on, on its way.
    pub fn rewrite_each(&self, rewrite: impl Fn(&Request, &mut Response) + 'static) {
        self.0.borrow_mut().rewrite_each = Some(Rc::new(rewrite));
    }

    /// Does something before each request arrives from now on.
    pub fn before_arrival(&self, work: impl Fn() + 'static) {
        self.0.borrow_mut().before_arrival = Some(Rc::new(work));
    }

    /// Which changes hang on the way.
    pub fn hanging(&self) -> BTreeSet<ChangeHash> {
        let state = self.0.borrow();
        let requests = state.held.iter().filter_map(|post| Request::decode(&post.body).ok());
        requests.flat_map(|request| request.pushes.iter().flat_map(Push::hashes).collect::<Vec<_>>()).collect()
    }

    /// What the server answered since this was last asked.
    pub fn take_log(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.0.borrow_mut().log)
    }
}

/// A line to the server.
#[derive(Clone)]
pub struct Line {
    door: Door,
    runtime: Arc<tokio::runtime::Runtime>,
    faults: Faults,
}

impl Line {
    /// A line on which nothing goes wrong yet.
    pub fn new(door: Door, runtime: Arc<tokio::runtime::Runtime>, faults: Faults) -> Self {
        Self { door, runtime, faults }
    }

    fn arrive(&self, post: &Post) -> Reply {
        self.arrive_as(post, Body::from(post.body.clone()))
    }

    fn arrive_as(&self, post: &Post, body: Body) -> Reply {
        let before = self.faults.0.borrow().before_arrival.clone();
        if let Some(before) = before {
            before();
        }
        let mut request = HttpRequest::post(post.path).header("content-type", CONTENT_TYPE);
        if let Some(authorization) = &post.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(body).expect("a request");
        let (status, body) = self.runtime.block_on(async {
            let response = self.door.router().oneshot(request).await.expect("the router never fails");
            let status = response.status().as_u16();
            let body: Bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
            (status, body)
        });
        Reply { status, body: body.to_vec() }
    }

    /// Lets requests arrive that hung on the way; nobody hears the answers.
    pub(crate) fn release_late(&self) -> usize {
        let late = std::mem::take(&mut self.faults.0.borrow_mut().held);
        late.iter().for_each(|post| drop(self.arrive(post)));
        late.len()
    }
}

impl Transport for Line {
    fn post(&mut self, post: &Post) -> Result<Reply, Failure> {
        let lost = |what: &str| Err(Failure(what.to_owned()));
        {
            let mut state = self.faults.0.borrow_mut();
            if state.cut {
                return lost("no signal");
            }
            if state.requests_to_hold > 0 {
                state.requests_to_hold -= 1;
                state.held.push(post.clone());
                return lost("timed out");
            }
        }
        if let Some(byte) = self.faults.takes(post.body.len(), |state| &mut state.request_to_cut) {
            let heard = Ok(Bytes::copy_from_slice(&post.body[..byte]));
            let parts = [heard, Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
            drop(self.arrive_as(post, Body::from_stream(futures_util::stream::iter(parts))));
            return lost("the line was cut");
        }
        let mut post = post.clone();
        self.faults.damage(&mut post.body, true);
        let mut reply = self.arrive(&post);
        self.faults.damage(&mut reply.body, false);
        if let Some(byte) = self.faults.takes(reply.body.len(), |state| &mut state.answer_to_cut) {
            reply.body.truncate(byte);
        }
        let mut state = self.faults.0.borrow_mut();
        if let (Ok(request), Ok(mut response)) = (Request::decode(&post.body), Response::decode(&reply.body)) {
            state.log.push(Exchange { request: request.clone(), response: response.clone() });
            if let Some(rewrite) = state.rewrite.take() {
                rewrite(&mut response);
                reply.body = response.encode().expect("an answer that fits");
            }
            if let Some(rewrite) = state.rewrite_each.clone() {
                rewrite(&request, &mut response);
                reply.body = response.encode().expect("an answer that fits");
            }
        }
        if state.answers_to_lose > 0 {
            state.answers_to_lose -= 1;
            return lost("the answer was lost");
        }
        Ok(reply)
    }
}
