//! A window: what a person does in it and sees, and what the page asked for and complained of meanwhile.

use super::{Browser, PATIENCE};
use chromiumoxide::Page;
use chromiumoxide::cdp::IntoEventKind;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
};
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::{CookieParam, EventRequestWillBeSent};
use chromiumoxide::cdp::browser_protocol::page::PrintToPdfParams;
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown,
};
use chromiumoxide::listeners::EventStream;
use chromiumoxide::page::ScreenshotParams;
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A4 in inches.
const A4: (f64, f64) = (8.27, 11.69);

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Width of the window in CSS pixels.
    pub width: u32,
    /// Height of the window in CSS pixels.
    pub height: u32,
    /// Whether the person prefers a dark scheme.
    pub dark: bool,
}

impl Look {
    /// A desk's screen.
    pub const DESK: Self = Self { width: 1280, height: 900, dark: false };
    /// A phone held upright.
    pub const PHONE: Self = Self { width: 360, height: 740, dark: false };
    /// The narrowest phone.
    pub const NARROW: Self = Self { width: 320, height: 568, dark: false };

    /// The same in the dark.
    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    fn is_phone(self) -> bool {
        self.width < 600
    }
}

/// What the browser tells of a page, in the order in which it told it.
struct Told {
    requests: EventStream<EventRequestWillBeSent>,
    entries: EventStream<EventEntryAdded>,
    console: EventStream<EventConsoleApiCalled>,
    exceptions: EventStream<EventExceptionThrown>,
}

/// A window of the browser. It closes when it is dropped.
pub struct Window {
    browser: Arc<Browser>,
    origin: String,
    page: Page,
    told: RefCell<Told>,
}

impl Window {
    pub(super) fn new(browser: Arc<Browser>, origin: String, look: Look) -> Self {
        let (page, told) = browser.run(async {
            // Cookies know no ports: a window shares none with another world's.
            let alone = browser.chromium.create_browser_context(CreateBrowserContextParams::default()).await;
            let blank = CreateTargetParams::builder().url("about:blank").browser_context_id(alone.expect("a context"));
            let blank = blank.new_window(true).build().expect("a window");
            let page = browser.chromium.new_page(blank).await.expect("a window");
            let told = Told {
                requests: listen(&page).await,
                entries: listen(&page).await,
                console: listen(&page).await,
                exceptions: listen(&page).await,
            };
            (page, told)
        });
        let window = Self { browser, origin, page, told: RefCell::new(told) };
        window.look(look);
        window
    }

    /// Looks at the page in another way.
    pub fn look(&self, look: Look) {
        let size = SetDeviceMetricsOverrideParams::new(look.width, look.height, 1.0, look.is_phone());
        let scheme = MediaFeature::new("prefers-color-scheme", if look.dark { "dark" } else { "light" });
        let media = SetEmulatedMediaParams::builder().feature(scheme).build();
        self.browser.run(async {
            self.page.execute(size).await.expect("sized");
            self.page.execute(media).await.expect("seen");
        });
    }

    /// Keeps a cookie for the site.
    pub(super) fn keep_cookie(&self, name: &str, value: &str) {
        let cookie = CookieParam::builder().name(name).value(value).url(&self.origin).http_only(true);
        let kept = self.browser.run(self.page.set_cookie(cookie.build().expect("a cookie")));
        kept.expect("kept");
    }

    /// Goes to an address of the site and waits until it has loaded.
    pub fn go(&self, address: &str) {
        let went = self.browser.run(self.page.goto(format!("{}{address}", self.origin)));
        went.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// The address shown, without the host.
    pub fn address(&self) -> String {
        self.eval("location.pathname + location.search").as_str().expect("text").to_owned()
    }

    /// What an expression of JavaScript says in the page. The page's security policy does not bind it.
    pub fn eval(&self, expression: &str) -> Value {
        self.try_eval(expression).unwrap_or_else(|error| panic!("{error} in {}", excerpt(expression)))
    }

    fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let asked = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true);
        let asked = asked.build().expect("an expression");
        let said = self.browser.run(self.page.execute(asked)).map_err(|error| error.to_string())?.result;
        match said.exception_details {
            Some(exception) => Err(exception.exception.and_then(|it| it.description).unwrap_or(exception.text)),
            None => Ok(said.result.value.unwrap_or_default()),
        }
    }

    /// Waits until a condition in JavaScript holds, also across a change of page.
    pub fn until(&self, condition: &str) {
        let start = Instant::now();
        while self.try_eval(&format!("Boolean({condition})")) != Ok(Value::Bool(true)) {
            assert!(start.elapsed() < PATIENCE, "{}: never {condition}\n{}", self.address(), self.text());
            self.browser.run(async { tokio::time::sleep(Duration::from_millis(10)).await });
        }
    }

    /// The words that can be seen.
    pub fn text(&self) -> String {
        self.eval("document.body.innerText").as_str().expect("text").to_owned()
    }

    /// Presses a key such as `Tab` or `Enter`.
    pub fn press(&self, key: &str) {
        self.browser.run(async {
            let body = self.page.find_element("body").await.expect("a page");
            body.press_key(key).await.expect("pressed");
        });
    }

    /// Keeps a picture of the whole page in the folder that `SHOTS` names, if it names one.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("SHOTS") else { return };
        std::fs::create_dir_all(&folder).expect("a folder");
        let whole = ScreenshotParams::builder().full_page(true).build();
        let picture = self.browser.run(self.page.screenshot(whole)).expect("a picture");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).expect("written");
    }

    /// Types into the field of a name.
    pub fn fill(&self, name: &str, value: &str) {
        let value = Value::from(value);
        let fill = "window.filled = document.querySelector('main [name=NAME]'); window.filled.value";
        self.eval(&format!("{} = {value}", fill.replace("NAME", name)));
    }

    /// Presses the button of the form that was filled in, and waits for the next page.
    pub fn send(&self) {
        self.eval("window.before = true");
        self.eval("window.filled.form.querySelector('button').click()");
        self.until("!window.before && document.readyState === 'complete'");
    }

    /// The page on A4 paper, as a PDF.
    pub fn print(&self) -> Vec<u8> {
        let paper = PrintToPdfParams::builder().paper_width(A4.0).paper_height(A4.1).prefer_css_page_size(true);
        self.browser.run(self.page.pdf(paper.build())).expect("a print")
    }

    /// Every address that was asked for since this was last asked.
    pub fn requests(&self) -> Vec<String> {
        self.settle();
        let asked = take(&mut self.told.borrow_mut().requests);
        asked.iter().map(|event| event.request.url.clone()).collect()
    }

    /// Errors in the console since this was last asked, and what the security policy refused.
    pub fn complaints(&self) -> Vec<String> {
        self.settle();
        let mut told = self.told.borrow_mut();
        let entries = take(&mut told.entries).into_iter().filter(|event| event.entry.level == LogEntryLevel::Error);
        let entries = entries.map(|event| match &event.entry.url {
            Some(url) => format!("{} ({url})", event.entry.text),
            None => event.entry.text.clone(),
        });
        let mut complaints: Vec<_> = entries.collect();
        let errors = take(&mut told.console).into_iter().filter(|event| event.r#type == ConsoleApiCalledType::Error);
        complaints.extend(errors.map(|event| format!("{:?}", event.args)));
        complaints.extend(take(&mut told.exceptions).into_iter().map(|event| format!("{:?}", event.exception_details)));
        complaints
    }

    /// Whatever was told before this is now in the streams: the driver hands an event on before it reads the answer to a
    /// command that was sent later, so the second answer comes behind what was told before the first.
    fn settle(&self) {
        self.eval("0");
        self.eval("0");
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.browser.runtime.spawn(self.page.clone().close());
    }
}

async fn listen<T: IntoEventKind>(page: &Page) -> EventStream<T> {
    page.event_listener().await.expect("a listener")
}

fn take<T: IntoEventKind + Unpin>(stream: &mut EventStream<T>) -> Vec<Arc<T>> {
    std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
