//! What can be measured on a page, by `measure.js` in the page itself.

use super::Window;
use serde_json::Value;

const MEASURE: &str = include_str!("measure.js");

/// What has the keyboard's focus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Focused {
    /// Its place among all that can be used, from 0.
    pub place: usize,
    /// Which element it is.
    pub name: String,
    /// Its words.
    pub text: String,
    /// Whether it is within the window and has an outline that stands out.
    pub seen: bool,
}

impl Window {
    /// What makes the document wider than it should be; empty if nothing does.
    pub fn wide(&self, width: u32) -> Vec<String> {
        strings(&self.measure(&format!("wide({width})")))
    }

    /// Texts whose contrast with what lies behind them is below a ratio.
    pub fn faint(&self, ratio: f64) -> Vec<String> {
        strings(&self.measure(&format!("faint({ratio})")))
    }

    /// How bright the page's background is: 0 black, 1 white.
    pub fn brightness(&self) -> f64 {
        self.measure("brightness()").as_f64().expect("a number")
    }

    /// Everything that can be used, in the order of the document.
    pub fn interactive(&self) -> Vec<String> {
        strings(&self.measure("interactive()"))
    }

    /// What has the keyboard's focus, if anything that can be used has.
    pub fn focused(&self) -> Option<Focused> {
        let focused = self.measure("focused()");
        let text = |name: &str| focused[name].as_str().expect("text").to_owned();
        let place = usize::try_from(focused["place"].as_u64()?).expect("few");
        Some(Focused { place, name: text("name"), text: text("text"), seen: focused["seen"] == true })
    }

    fn measure(&self, what: &str) -> Value {
        self.eval(&format!("{}.{what}", MEASURE.trim_end()))
    }
}

fn strings(value: &Value) -> Vec<String> {
    let texts = value.as_array().expect("a list").iter();
    texts.map(|text| text.as_str().expect("text").to_owned()).collect()
}
