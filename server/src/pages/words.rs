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
    COUNTED: "计入", "What counted";
    LEFT_OUT: "未计入", "What did not count";
    PROSPECT: "潜在客户", "Prospect";
    RECORD: "记录", "Record";
    PERSON: "员工", "Person";
    METRIC: "指标", "Metric";
    VALUE: "数值", "Value";
    STATUS: "状态", "Status";
    RULE: "规则", "Rule";
    SKIP: "跳到正文", "Skip to the content";
    NEW: "首周", "first week";
    SAME: "持平", "unchanged";
    UP: "上升", "up";
    DOWN: "下降", "down";
    UNPLACED: "未计入任何参加机构", "Credited to no unit that takes part";
    NOTHING_COUNTED: "本项暂无计入的记录。手机同步后会出现在这里。", "Nothing counts here yet. What phones sync appears here.";
    NOTHING_LEFT_OUT: "没有被排除的记录。", "Nothing was left out.";
    NO_CAMPAIGN: "还没有营销活动", "There is no campaign yet";
    NO_CAMPAIGN_HELP: "总行在手机上建立营销活动并同步后，排名会出现在这里。", "Once head office has recorded a campaign on a phone and synced, its standings appear here.";
    NO_UNITS: "这个活动还没有参加机构。总行在活动里登记参加的支行后，排名会出现在这里。", "No unit takes part in this campaign yet. Once head office has named the branches, their ranks appear here.";
    BACK: "返回排名", "Back to the standings";
    ERROR: "打不开这一页", "This page cannot be shown";
    START: "从实时排名开始", "Start from the standings";
    STANDINGS_NOTE: "名次按得分；得分相同名次并列。待核实的业绩先计入，并单独注明。", "Ranked by score; equal scores share a rank. Pending outcomes count, and are shown apart.";
    SHORTENED: "只列出前面的记录，请选择一个指标。", "Only the first records are listed: choose a metric.";
    RECORDS: "条", "records";
}
