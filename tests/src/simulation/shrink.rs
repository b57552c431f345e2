//! Making a failing plan short: parts of it are left out, halves first and single steps last, as long as the rest still
//! breaks a promise.

use super::{Failure, Fault, Step, play};

/// How many plays a shrinking may cost at most.
const TRIES: usize = 600;

/// A plan with as few steps as can be found that still fails.
pub fn shrink(failure: &Failure, fault: Option<Fault>) -> Failure {
    shrink_by(failure, |steps| play(failure.seed, steps, fault).err())
}

/// As [`shrink`], by any judge who says in words why some steps fail.
fn shrink_by(failure: &Failure, judge: impl Fn(&[Step]) -> Option<String>) -> Failure {
    let mut best = failure.clone();
    let mut tries = 0;
    let mut part = best.steps.len().div_ceil(2);
    while part > 0 {
        let (mut from, mut shorter) = (0, false);
        while from < best.steps.len() && tries < TRIES {
            let until = (from + part).min(best.steps.len());
            let rest = [&best.steps[..from], &best.steps[until..]].concat();
            tries += 1;
            match judge(&rest) {
                Some(words) => {
                    (best.steps, best.words) = (rest, words);
                    shorter = true;
                }
                None => from = until,
            }
        }
        // Single steps are gone through again, as long as one can go: what it was needed for may have gone since.
        if part > 1 || !shorter || tries >= TRIES {
            part /= 2;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_nothing_to_do_with_a_failure_is_left_out() {
        let needed = [Step::ServerCrash, Step::Cut { phone: 3 }];
        let steps = super::super::plan(5, 80).into_iter().flat_map(|step| [step, needed[0], step, needed[1]]).collect();
        let failure = Failure { seed: 5, steps, words: String::new() };
        let judge = |steps: &[Step]| {
            let crash = steps.iter().position(|step| *step == needed[0])?;
            steps[crash..].contains(&needed[1]).then(|| "both".to_owned())
        };
        assert_eq!(shrink_by(&failure, judge).steps, needed);
    }
}
