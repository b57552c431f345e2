//! The words of the campaign editor in both languages.

use crate::pages::words::words;
use canvass_core::domain::Label;

words! {
    EDIT: "编辑活动", "Edit the campaign";
    NEW_CAMPAIGN: "新建营销活动", "New campaign";
    CALENDAR: "日程", "Calendar";
    CALENDAR_HELP: "一周从周一到周日。截止时间是下一周的某一刻：到点自动封存周通报，之后到的记入修订版。", "A week is Monday to Sunday. The cut-off is a moment of the week after: the bulletin is sealed then, and what comes later makes a revision.";
    ZONE: "时区", "Time zone";
    CUTOFF_DAY: "截止：下一周的", "Cut-off: of the week after";
    CUTOFF_TIME: "时刻", "at";
    CUTOFF_WRONG: "应为时刻，例如 10:00", "expected a time of day such as 10:00";
    UNITS: "参加机构", "Units that take part";
    UNITS_HELP: "每个参加机构代表其下所有机构；单独勾选的网点单独排名。目标留空，按统一目标。", "Each unit stands for all below it; a sub-branch that is ticked is ranked by itself. Without a target of its own, the common one holds.";
    ALL_BRANCHES: "全部支行", "All branches";
    OWN_TARGET: "单独的目标", "Target of its own";
    SUB_BRANCHES: "网点", "Sub-branches";
    RULES_FROM: "规则，自", "Rules from";
    RULES_ON: "起", "on";
    RULES_FIRST: "规则（自活动的第一周起）", "Rules from the campaign's first week on";
    RULES_HELP: "这里显示该周生效的规则。只有与之前不同的才写入该周的版本；清空即自该周起不再适用。", "These are the rules that hold in this week. Only what differs from before is written to this week's version; what is emptied holds no longer from this week on.";
    VERSION_SHOW: "显示这一周的规则", "Show the rules of this week";
    VERSIONS: "已有版本", "Versions so far";
    TARGET: "每个机构的目标（赢得小区数）", "Target of each unit (communities won)";
    METRICS: "计分", "What earns points";
    PER: "每（元、张、次、个；不填为 1）", "for each (yuan, cards …; empty: 1)";
    CAP_AT: "计分封顶", "counted up to";
    ABOVE_ZERO: "应大于 0", "expected more than 0";
    QUALIFYING: "计入条件", "What counts at all";
    CHANNELS: "计入的走访方式（不选即全部）", "Channels of visits that count (none ticked: all)";
    MINUTES: "走访至少几分钟", "Least minutes of a visit";
    LATE_DAYS: "几天后上报即逾期", "Days until a report is too late";
    UNTRUSTED: "手机时钟不可信的记录", "Records of clocks that cannot be trusted";
    LEAST_ACCOUNT: "开户金额起点（元）", "Least fund of an account (yuan)";
    LEAST_CARDS: "发卡张数起点", "Least number of cards";
    LEAST_WEALTH: "理财金额起点（元）", "Least wealth sale (yuan)";
    TIE: "得分相同时", "Equal scores";
    CREDIT: "业绩归属", "Credit of outcomes";
    TIERS: "奖励档次", "Reward tiers";
    TIER: "档次", "Tier";
    TIER_FROM: "资金起点（元）", "Fund from (yuan)";
    REWARD: "每个小区奖励（元）", "Reward of a community (yuan)";
    REWARDS: "当周奖励", "Rewards of the week";
    NEW_ROW: "新增", "new";
    TIER_NEEDS_FROM: "请填写资金起点（可以是 0）", "say from which fund on (0 will do)";
    TIER_TWICE: "与另一档的起点相同", "another tier begins at the same fund";
    PHASES: "阶段", "Phases";
    TRAINING: "培训计划", "Training plan";
    TRAINING_HOW: "方式", "Way";
    DAY: "日期", "Day";
    MATERIALS: "资料", "Materials";
    PLACE: "在哪里（网址或位置）", "Where (address or place)";
    NAME: "名称", "Name";
    NAME_NEEDED: "请填写名称，或清空整行", "give it a name, or empty the whole row";
    ENDS_BEFORE: "不能早于开始日期", "must not lie before the first day";
    NEWS: "营销动态", "News of the week";
    NEWS_HELP: "随该周的通报发给全行。", "It goes to the whole bank with the week's bulletin.";
    WEIGHTS: "重点客户四个条件的权重", "Weights of the four conditions of a target";
    WEIGHT_SIZE: "规模", "size";
    WEIGHT_GRADE: "档次", "grade";
    WEIGHT_MANAGED: "物业", "management";
    WEIGHT_RING: "区位", "ring";
    SAVE: "保存", "Save";
    REHEARSE: "试算", "Rehearse";
    REHEARSE_HELP: "试算把草稿套用到已开始的各周，显示谁的名次和奖励会变；不保存任何内容。", "A rehearsal plays the draft over the weeks so far and shows whose rank and reward would move; it saves nothing.";
    FAULTS: "没有保存：请更正标出的各项。", "Nothing was saved: correct what is marked.";
    MEANWHILE: "没有保存：别人刚刚修改了这个活动。下面是现在的内容，加上您改过的各项；请核对后再保存。", "Nothing was saved: somebody else has just edited this campaign. Below is what it says now, with what you changed on top; check it and save again.";
    MEANWHILE_HERE: "刚被改为", "was just changed to";
    EMPTIED: "（清空）", "(empty)";
    SEALED_WARNING: "以下周通报已封存，保存这一周起的规则后，下次封存时会出修订版：", "These bulletins are sealed; once rules from this week on are saved, the next sealing revises them:";
    REHEARSAL: "试算结果", "Rehearsal";
    REHEARSAL_NOTHING: "已开始的各周里，没有机构的名次或奖励会变。", "In the weeks so far nobody's rank or reward would move.";
    UNITS_MOVE: "家机构名次变化", "units change rank";
    REWARDS_RISE: "奖励合计增加", "rewards rise by";
    REWARDS_FALL: "奖励合计减少", "rewards fall by";
    REWARDS_SAME: "奖励合计不变", "rewards stay the same in all";
    NOT_SAVED_YET: "尚未保存。按已确认的业绩计算；奖励按当周赢得的小区。", "Not saved yet. By what is confirmed; rewards are those of communities won in the week.";
    BEFORE: "现在", "now";
    AFTER: "草稿", "draft";
    TAKES_NO_PART: "不参加", "takes no part";
    MORE_MOVED: "行未显示", "more rows are not shown";
    LEAVE_OPEN: "暂不选定", "leave it open";
    WAS_BEFORE: "之前的值", "what held before";
    CONFLICT_RULES: "未选定之前，之前的值继续有效。", "Until one is chosen, what held before holds on.";
    WITHDRAW: "撤回这个活动", "Withdraw the campaign";
    WITHDRAW_HELP: "撤回后不再排名，也不再计分；记录和已封存的通报保留，可以恢复。", "A withdrawn campaign ranks and counts nothing; its record and its sealed bulletins stay, and it can be brought back.";
    WITHDRAWN: "这个活动已撤回。", "This campaign was withdrawn.";
    BRING_BACK: "恢复活动", "Bring it back";
    WHY: "原因", "Reason";
    WHY_NEEDED: "请写明撤回的原因。", "Say why it is withdrawn.";
}

/// The days of a week, from Monday on.
pub(in crate::pages) const WEEKDAYS: [Label; 7] = [
    Label { zh: "周一", en: "Monday" },
    Label { zh: "周二", en: "Tuesday" },
    Label { zh: "周三", en: "Wednesday" },
    Label { zh: "周四", en: "Thursday" },
    Label { zh: "周五", en: "Friday" },
    Label { zh: "周六", en: "Saturday" },
    Label { zh: "周日", en: "Sunday" },
];
