//! A bulletin in a few lines, to be sent on by a messaging app.

use super::{Basis, Bulletin};
use crate::domain::campaign::Metric;
use crate::domain::{Bank, UnitId, Words};

/// How many places are named.
const PLACES: usize = 5;

/// So many characters of a name are shown.
const NAME: usize = 30;

/// The bulletin in a few lines.
pub fn brief(bulletin: &Bulletin, bank: &Bank) -> Words {
    let name = |unit: &UnitId| shortened(bank.unit(unit).map_or(unit.as_str(), |unit| &unit.name));
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    let (campaign, week, revision) = (shortened(&bulletin.name), bulletin.week, bulletin.revision);
    zh.push(format!("【{campaign}】{week} 周通报（第 {revision} 版）"));
    en.push(format!("[{campaign}] bulletin {week} (no. {revision})"));
    for one in bulletin.standings.iter().take(PLACES) {
        let won = one.total.get(&Metric::Communities).map_or(0, |figure| figure.confirmed);
        let (rank, name, score, target) = (one.rank, name(&one.unit), one.score, one.target);
        zh.push(format!("第 {rank} 名 {name}：{score} 分，赢得小区 {won}/{target}"));
        en.push(format!("{rank}. {name}: {score} points, communities {won}/{target}"));
    }
    let sum = |metric: Metric| -> i64 {
        let of = bulletin.standings.iter().filter_map(|one| one.total.get(&metric));
        of.map(|figure| figure.confirmed).fold(0, i64::saturating_add)
    };
    let (won, fund, cards) = (sum(Metric::Communities), sum(Metric::Fund) / 1_000_000, sum(Metric::Cards));
    let blank = bulletin.standings.iter().filter(|one| one.is_blank(Basis::Confirmed)).count();
    zh.push(format!("全行：赢得小区 {won} 个，资金 {fund} 万元，发卡 {cards} 张；空白机构 {blank} 家。"));
    en.push(format!(
        "All: {won} communities, {fund} × 10,000 yuan of funds, {cards} cards; {blank} units without any."
    ));
    let (phones, silent) = (bulletin.coverage.phones, bulletin.coverage.silent.len());
    if silent > 0 {
        zh.push(format!("{phones} 部手机中有 {silent} 部本周结束后尚未上报，数字可能上升。"));
        en.push(format!("{silent} of {phones} phones have not reported since the week ended: figures may rise."));
    } else {
        zh.push(format!("{phones} 部手机均已上报。"));
        en.push(format!("All {phones} phones have reported."));
    }
    let digest: String = bulletin.digest().to_string().chars().take(12).collect();
    zh.push(format!("摘要 {digest}"));
    en.push(format!("Digest {digest}"));
    Words { zh: zh.join("\n"), en: en.join("\n") }
}

fn shortened(name: &str) -> String {
    name.chars().map(|char| if char.is_control() { ' ' } else { char }).take(NAME).collect()
}
