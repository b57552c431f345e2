//! The words of the pages in both languages.

use canvass_core::domain::Label;

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// Its name in addresses and in `<html lang>`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Zh, Self::En].into_iter().find(|lang| lang.name() == name)
    }

    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// What it calls itself.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// The word in this language.
    pub(super) fn of(self, label: Label) -> &'static str {
        match self {
            Self::Zh => label.zh,
            Self::En => label.en,
        }
    }
}

macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        $(pub(super) const $name: Label = Label { zh: $zh, en: $en };)*
    };
}

words! {
    STANDINGS: "实时排名", "Standings";
    CAMPAIGN: "营销活动", "Campaign";
    CAMPAIGNS: "营销活动", "Campaigns";
    ROOMS: "页面", "Pages";
    WEEK: "周", "Week";
    PREVIOUS_WEEK: "上一周", "Previous week";
    NEXT_WEEK: "下一周", "Next week";
    RANK: "名次", "Rank";
    MOVEMENT: "升降", "Movement";
    UNIT: "机构", "Unit";
    SCORE: "得分", "Score";
    POINTS: "分", "points";
    PENDING: "待核实", "pending";
    THIS_WEEK: "本周", "this week";
    TARGET: "目标", "target";
    RANKS_SO_FAR: "名次走势", "Ranks so far";
    SCORES_SO_FAR: "得分走势", "Score week by week";
    MEDIAN_UNIT: "各机构中位数", "Median of all units";
    FIRST_UNIT: "第一名", "First place";
    SIDE_BY_SIDE: "各机构对比", "All units side by side";
    BY_WEEK: "每周数", "Week by week";
    COUNTED: "计入", "What counted";
    LEFT_OUT: "未计入", "What did not count";
    PROSPECT: "潜在客户", "Prospect";
    RECORD: "记录", "Record";
    PERSON: "员工", "Person";
    PEOPLE: "员工", "People";
    ROLE: "岗位", "Role";
    METRIC: "指标", "Metric";
    VALUE: "数值", "Value";
    FUND_VALUE: "金额", "Amount";
    STATUS: "状态", "Status";
    RULE: "规则", "Rule";
    ALL: "全部", "All";
    UNIT_CODE: "机构代码", "Unit code";
    STAFF_CODE: "工号", "Staff code";
    UNIT_ITSELF: "本级", "This unit itself";
    BELOW: "下级机构", "Units below";
    ASSIGNED_TO: "所属机构", "Assigned to";
    NOT_ASSIGNED: "尚未分配到机构", "not assigned to any unit yet";
    RECORDED_BY: "记录人", "Recorded by";
    HISTORY: "经过", "What happened";
    TIME: "时间", "Time";
    WHAT: "事项", "What";
    DETAILS: "内容", "Details";
    FLAGS: "提示", "Flags";
    CONFLICTS: "待定的分歧", "Where people disagree";
    CONFLICTS_HELP: "同一项被同时改成不同的值。下面都保留着；记录人在手机上选定一个后，分歧即消除。", "The same field was set to different values at the same time. All are kept; once somebody chooses one on a phone, it is settled.";
    SHOWN: "当前显示", "shown";
    UNKNOWN_PROSPECT: "尚未同步的潜在客户", "A prospect that has not arrived yet";
    SERVER: "服务器", "the server";
    YES: "是", "yes";
    NO: "否", "no";
    UNKNOWN_PERSON: "未知", "unknown";
    FIRST_DAY: "开始", "From";
    LAST_DAY: "结束", "To";
    UNITS_IN: "参加机构", "Units that take part";
    RULES: "计分规则", "Rules";
    FROM_WEEK: "自哪一周起", "From week";
    CAP: "封顶", "at most";
    TIERS: "资金档次（起点）", "Tiers by fund, from";
    WITHDRAWN: "已撤回", "withdrawn";
    SKIP: "跳到正文", "Skip to the content";
    NEW: "首周", "first week";
    SAME: "持平", "unchanged";
    UP: "上升", "up";
    DOWN: "下降", "down";
    UNPLACED: "未计入任何参加机构", "Credited to no unit that takes part";
    UNPLACED_SHORT: "未归属", "Unplaced";
    NOTHING_COUNTED: "本项暂无计入的记录。手机同步后会出现在这里。", "Nothing counts here yet. What phones sync appears here.";
    NOTHING_LEFT_OUT: "没有被排除的记录。", "Nothing was left out.";
    NOTHING_FOUND: "没有符合条件的行。请换个关键词，或显示全部。", "No row matches. Search for something else, or show all.";
    NO_PEOPLE: "这里没有员工，也没有人记录过。请用 import people 导入人员名单。", "Nobody belongs here and nobody has recorded anything. Bring in the people with import people.";
    NO_UNIT: "当周不属于任何机构", "of no unit in this week";
    NO_HISTORY: "还没有人走访过。", "Nobody has been here yet.";
    NO_CAMPAIGN: "还没有营销活动", "There is no campaign yet";
    NO_CAMPAIGN_HELP: "总行在手机上建立营销活动并同步后，排名会出现在这里。", "Once head office has recorded a campaign on a phone and synced, its standings appear here.";
    NO_UNITS: "这个活动还没有参加机构。总行在活动里登记参加的支行后，排名会出现在这里。", "No unit takes part in this campaign yet. Once head office has named the branches, their ranks appear here.";
    NO_RULES: "这个活动还没有计分规则，所以得分都是 0。总行登记规则并同步后生效。", "This campaign has no rules yet, so every score is 0. They hold once head office has recorded them and synced.";
    BACK: "返回排名", "Back to the standings";
    ERROR: "打不开这一页", "This page cannot be shown";
    START: "从实时排名开始", "Start from the standings";
    STANDINGS_NOTE: "名次按得分；得分相同名次并列。待核实的业绩先计入，并单独注明。", "Ranked by score; equal scores share a rank. Pending outcomes count, and are shown apart.";
    SEARCH: "查找", "Search";
    SHOW_ALL: "显示全部", "Show all";
    TAKE_ALONG: "导出", "Take along";
    PAGES: "翻页", "Pages of the table";
    PREVIOUS_PAGE: "上一页", "Previous page";
    NEXT_PAGE: "下一页", "Next page";
    ROWS: "行", "rows";
    LIVE: "实时更新中", "Live";
    NOT_LIVE: "与服务器的连接中断，正在重试；所示可能已过时", "No connection to the server; trying again. What is shown may be out of date";
    UPDATED: "已更新", "Updated";
    POSSIBLE_TWIN: "疑似与另一记录重复", "Possibly recorded twice";
    SUSPICIOUS_NAME: "名称存疑", "Doubtful name";
    GIFT_ABOVE_LIMIT: "礼品超过限额", "A gift above the limit";
    ENDS_BEFORE_START: "结束早于开始", "Ends before it starts";
    NO_AMOUNT: "缺金额", "No amount";
    NO_CARDS: "缺卡数", "No number of cards";
    OUT_OF_RANGE: "数值超出合理范围", "A value out of range";
}

/// A flag in words; one that a newer version raises, as it is.
pub(super) fn flag(name: &str) -> Option<Label> {
    Some(match name {
        "possible-twin" => POSSIBLE_TWIN,
        "suspicious-name" => SUSPICIOUS_NAME,
        "gift-above-limit" => GIFT_ABOVE_LIMIT,
        "ends-before-start" => ENDS_BEFORE_START,
        "no-amount" => NO_AMOUNT,
        "no-cards" => NO_CARDS,
        _ if name.starts_with("out-of-range/") => OUT_OF_RANGE,
        _ => return None,
    })
}
