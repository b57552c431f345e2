//! How much room a label takes, and which labels there is room for.

/// The most columns of a week's name.
const WEEK_COLUMNS: usize = 8;

/// The narrowest plots that show more week labels than narrower ones, in tenths of an em of the plot's text.
/// The style sheet has the same widths.
pub(super) const WIDTHS: [usize; 6] = [180, 230, 320, 460, 640, 900];

/// Room beside the weeks for half of the outermost label on the right, in tenths of an em; also in the style sheet.
const BESIDE: usize = 23;

/// The columns of a text on the screen; whatever is not plain Latin is counted as wide.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The room a text takes, in tenths of an em, rather too much than too little.
pub(super) fn room(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 6 } else { 11 }).sum()
}

/// A week's name, cut where it would run into its neighbours.
pub(super) fn week(name: &str) -> String {
    if columns(name) <= WEEK_COLUMNS {
        return name.to_owned();
    }
    let mut left = WEEK_COLUMNS - 1;
    let kept = name.chars().take_while(|c| {
        let wide = if c.is_ascii() { 1 } else { 2 };
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    });
    kept.chain(['…']).collect()
}

/// From which of the `WIDTHS` on each label is shown, if it ever is, so that labels never overlap.
///
/// `marked` is always shown. `before` is the room that the labels of the other axis take.
pub(super) fn thinned(labels: &[String], marked: usize, before: usize) -> Vec<Option<usize>> {
    let widest = labels.iter().map(|label| room(label)).max().unwrap_or(0) + 10;
    let steps = WIDTHS.map(|width| {
        let across = width.saturating_sub(before + BESIDE).max(1);
        let needed = (labels.len() * widest).div_ceil(across);
        needed.max(1).next_power_of_two()
    });
    let shown = |at: usize| steps.iter().position(|step| at.abs_diff(marked).is_multiple_of(*step));
    (0..labels.len()).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn week_labels_never_overlap_at_any_width() {
        for weeks in [1, 2, 9, 26, 60, 500] {
            let labels: Vec<_> = (0..weeks).map(|week| format!("2026-W{:02}", week % 54)).collect();
            for marked in [0, weeks / 2, weeks - 1] {
                let thinned = thinned(&labels, marked, 40);
                assert_eq!(thinned[marked], Some(0), "the marked week is always shown");
                for (width, least) in WIDTHS.iter().enumerate() {
                    let across = least - 40 - BESIDE;
                    let shown: Vec<_> =
                        (0..weeks).filter(|at| thinned[*at].is_some_and(|from| from <= width)).collect();
                    for pair in shown.windows(2) {
                        let between = (pair[1] - pair[0]) * across / weeks;
                        assert!(between >= room(&labels[0]), "{weeks} weeks, {least} wide: {shown:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn long_names_of_weeks_are_cut() {
        assert_eq!(week("2026-W45"), "2026-W45");
        assert_eq!(week("2026-W45 late"), "2026-W4…");
        assert_eq!(week("第四十五个星期"), "第四十…");
    }
}
