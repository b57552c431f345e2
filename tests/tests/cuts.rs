//! The line cut at every byte of a request and of an answer: what was recorded arrives once and whole by what the phone
//! sends again, at once or after the app was started anew.

use canvass_core::sync::SyncError;
use canvass_tests::{Faults, Holder, World};

/// Lets a colleague record something for the phone to fetch, the phone record a visit and an edit, and the line be cut at
/// the next sync, at every byte in turn until it is longer than what goes over it. Returns how many bytes that were.
fn cut_everywhere(seed: u64, cut_at: impl Fn(&Faults, usize)) -> usize {
    let world = World::new(seed);
    let campaign = world.launch(&World::plain_campaign());
    let (mut wang, mut li) = (world.phone("B1-S1-P1"), world.phone("B1-S1-P2"));
    let prospect = wang.prospect("银枫家园");
    wang.sync();
    li.sync();
    for byte in 0.. {
        let theirs = li.visit(prospect);
        li.sync();
        let before = world.counts();
        let ours = wang.visit(prospect);
        wang.edit(ours, "note", format!("第{byte}次").as_str());
        let through = sync_with_a_cut(&mut wang, byte, &cut_at);

        let after = world.counts();
        assert_eq!((after.records, after.changes), (before.records + 1, before.changes + 2), "byte {byte}");
        assert_eq!(after.quarantined, 0, "byte {byte}");
        assert_eq!((wang.outstanding(), wang.inbox().len()), (0, 0), "byte {byte}");
        assert_eq!(wang.row(ours), world.row(ours), "byte {byte}");
        assert!(wang.row(theirs).is_some() && wang.row(theirs) == world.row(theirs), "byte {byte}");
        if through {
            world.assert_holds_its_own(&mut wang);
            world.assert_rebuilds(campaign);
            return byte;
        }
    }
    unreachable!("everything that goes over a line has an end")
}

/// Syncs over a line that is cut at a byte, until all is sent. Returns whether everything was too short to be cut there.
fn sync_with_a_cut(holder: &mut Holder, byte: usize, cut_at: &impl Fn(&Faults, usize)) -> bool {
    cut_at(&holder.faults, byte);
    let dead = byte % 2 == 1;
    if dead {
        holder.faults.die_when_cut();
    }
    let synced = holder.try_sync();
    let cut = holder.faults.has_cut();
    holder.faults.mend();
    match synced {
        // It was sent again at once.
        Ok(report) => assert!(report.synced() && report.failures == u32::from(cut) && !(cut && dead), "byte {byte}"),
        Err(error) => {
            assert!(cut && dead && matches!(error, SyncError::GaveUp { .. }), "byte {byte}: {error}");
            holder.restart();
            assert!(holder.sync().synced(), "byte {byte}");
        }
    }
    !cut
}

#[test]
fn a_request_cut_at_every_byte_arrives_once_and_whole() {
    let bytes = cut_everywhere(21, Faults::cut_request_at);
    assert!(bytes > 300, "{bytes}");
}

#[test]
fn an_answer_cut_at_every_byte_is_asked_for_again() {
    let bytes = cut_everywhere(22, Faults::cut_answer_at);
    assert!(bytes > 200, "{bytes}");
}
