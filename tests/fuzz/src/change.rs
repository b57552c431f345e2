//! A change's bytes against the document gate, for an empty record and along an honest one's life: the gate never panics,
//! and into whatever it admits everybody can still write.

use crate::record::{Step, change, life, try_out};
use canvass_core::document::gate::Rules;
use std::sync::LazyLock;

static LIFE: LazyLock<Vec<Step>> = LazyLock::new(life);

/// Runs on an input.
pub fn run(input: &[u8]) {
    let [how, bytes @ ..] = input else { return };
    let at = usize::from(how >> 2) % LIFE.len();
    let step = &LIFE[at];
    let bytes = change(how & 1 == 1, bytes);
    let rules = if how & 2 == 2 { Rules::phone() } else { Rules::server(step.device) };
    let mut guarded = step.before.clone();
    let Ok(admitted) = guarded.admit(&bytes, &rules) else { return };
    if step.before.document().is_none_or(|document| !document.has(&admitted.hash)) {
        let past = LIFE[..at].iter().map(|step| step.change.clone());
        try_out(&step.before, guarded, past.chain([bytes]).collect());
    }
}
