//! QR codes as drawings in a page: black on white in light and dark, or no camera would read them.

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// How many modules of white stand around a code.
const QUIET: usize = 4;

/// A code of some text; nothing if that is too long for any.
pub(super) fn qr(text: &str, title: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return html! {} };
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET));
        }
    }
    let side = width + 2 * QUIET;
    html! {
        svg.qr viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(title) {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" shape-rendering="crispEdges" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_without_any_style_and_text_too_long_is_not() {
        let drawn = qr("otpauth://totp/Canvass:WF?secret=ABC", "a code").into_string();
        assert!(drawn.contains("viewBox=\"0 0 37 37\"") || drawn.contains("viewBox=\"0 0 41 41\""), "{drawn}");
        assert!(drawn.contains("M4 4h1v1h-1z") && !drawn.contains("style"), "its first corner");
        assert_eq!(qr(&"x".repeat(5000), "none").into_string(), "");
    }
}
