//! Figure 10: what it costs to know that nothing differs.

use crate::process::{Server, drive, sync};
use crate::stock::{Stock, copy};
use crate::table::{Figure, Report, Times, count, ms};
use crate::town::now;
use crate::wire::{CITY, phone};
use canvass_core::domain::Role;
use canvass_core::replica::Durability;

const CHECKS: usize = 15;

/// 10: A check of a branch leader's phone beside an idle sync of the same.
pub(crate) fn check(report: &mut Report, stock: &mut Stock) {
    let scratch = stock.scratch();
    let database = copy(&stock.database("city", |path| CITY.fill(path)), scratch.path(), "canvass.db");
    let server = Server::on(&database);
    let leader = CITY.staff().1.into_iter().find(|owner| owner.role == Role::BranchLeader).expect("a leader");
    let mut replica = phone(&leader, scratch.path(), Durability::AppEnd);
    let mut line = server.transport();
    sync(&mut replica, &mut line, 1, now());
    let records = replica.count().expect("counted");
    let (mut idle, mut checks) = (Times::default(), Times::default());
    let (mut sent, mut received, mut cpu) = (0, 0, 0.0);
    for n in 0..CHECKS as u64 {
        idle.time(|| sync(&mut replica, &mut line, 100 + 2 * n, now()));
        let before = server.cpu();
        let session = replica.session(101 + 2 * n).expect("a session").with_check();
        let done = checks.time(|| drive(&mut replica, session, &mut line, (101 + 2 * n, now())));
        cpu += server.cpu() - before;
        let found = done.check.expect("answered");
        assert_eq!((found.records, found.found, found.differing), (records, 0, 0));
        (sent, received) = (done.sent, done.received);
    }
    let (check, idle) = (checks.median(), idle.median());
    report.add(
        Figure::new(format!("10 check of {} records", count(records)), ms(check))
            .against(format!("idle sync {}", ms(idle)), check / idle),
    );
    report.note(
        "10",
        format!(
            "A check sends {sent} B and gets {received} B; the server's part of it is {} of processor time.",
            ms(cpu / CHECKS as f64)
        ),
    );
}
