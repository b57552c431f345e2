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
        $(pub(in crate::pages) const $name: Label = Label { zh: $zh, en: $en };)*
    };
}
pub(super) use words;

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
    CHANNELS_COUNTED: "走访方式", "visits";
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
    NO_CAMPAIGN_HELP: "总行建立营销活动后（在这里，或在手机上并同步），排名会出现在这里。", "Once head office has made a campaign, here or on a phone that then syncs, its standings appear here.";
    NO_UNITS: "这个活动还没有参加机构。总行在活动里登记参加的支行后，排名会出现在这里。", "No unit takes part in this campaign yet. Once head office has named the branches, their ranks appear here.";
    NO_RULES: "这个活动还没有计分规则，所以得分都是 0。总行登记规则并同步后生效。", "This campaign has no rules yet, so every score is 0. They hold once head office has recorded them and synced.";
    BACK: "返回排名", "Back to the standings";
    ERROR: "打不开这一页", "This page cannot be shown";
    START: "从实时排名开始", "Start from the standings";
    STANDINGS_NOTE: "名次按得分；得分相同名次并列。待核实的业绩先计入，并单独注明。", "Ranked by score; equal scores share a rank. Pending outcomes count, and are shown apart.";
    BULLETIN: "周通报", "Bulletin";
    RANKING: "排名", "Ranking";
    REVISION: "版次", "Revision";
    SEALED_AT: "封存于", "Sealed";
    SEALED_BY: "封存人", "Sealed by";
    BY_CALENDAR: "到点自动", "the calendar";
    BY_CONFIRMED: "按已核实业绩排名，待核实另注", "ranked by what is confirmed; pending stands beside it";
    AS_SEALED: "封存时的数据", "as it was sealed";
    DIGEST: "摘要", "Digest";
    CUTOFF: "截止时间", "Cut-off";
    NOT_SEALED: "本周通报尚未封存。", "This week's bulletin is not sealed yet.";
    SEAL_NOW: "现在封存", "Seal it now";
    SEAL_REVISION: "封存新一版", "Seal a revision";
    SINCE_SEALED: "封存后的变化", "What changed since it was sealed";
    NOTHING_SINCE: "封存后没有变化。", "Nothing has changed since it was sealed.";
    NOTHING_DIFFERS: "数字与已封存的一致，无需修订。", "No figure differs from what was sealed: there is nothing to revise.";
    CAUSES: "修订原因", "Why it was revised";
    CAUSE: "原因", "Cause";
    FACTS: "笔数", "Facts";
    CONFIRMED_CHANGE: "已确认的变化", "Change of confirmed";
    PENDING_CHANGE: "待核实的变化", "Change of pending";
    WAS_BEFORE: "上一版名次 · 得分", "Rank · score before";
    ALL_BULLETINS: "全部通报", "All bulletins";
    NO_BULLETINS: "还没有封存过通报。到截止时间会自动封存。", "No bulletin was sealed yet. At the cut-off one is, by itself.";
    SHORT_TEXT: "转发用简讯", "Text to send on";
    SHEET: "底稿", "Sheet";
    NEWS: "营销动态", "News of the week";
    COVERAGE: "上报情况", "Coverage";
    PHONES_REPORTED: "部手机已上报", "phones have reported";
    MAY_RISE: "数字可能上升", "figures may rise";
    QUIET_UNITS: "家机构无一上报：", "units of which no phone has:";
    SILENT_PHONES: "部手机尚未上报", "phones have not reported";
    SHARE_OF_TARGET: "完成率", "Of target";
    BLANK_UNITS: "空白机构", "Blank units";
    LEVEL: "层级", "Level";
    PARTICIPANTS: "参加机构", "Units that take part";
    BASIS: "口径", "Ranked by";
    BASIS_COUNTED: "含待核实", "with pending";
    BASIS_CONFIRMED: "仅已确认", "confirmed only";
    SAID_AT: "所说时间", "Said to have happened";
    PHONES_CLOCK: "手机记录时间", "Recorded, by the phone's clock";
    SERVERS_CLOCK: "服务器收到时间", "Received, by the server's clock";
    HOW_IT_COUNTS: "如何计分", "How it counts";
    NOT_OF_THIS_CAMPAIGN: "这条记录不在本活动的期限内。", "This record lies outside this campaign's days.";
    OF_AN_EARLIER_VERSION: "针对修改前的版本", "on an earlier version of it";
    DISPUTES: "质疑", "Disputes";
    DISPUTED_FACT: "质疑的记录", "Disputed record";
    LAST_SAID: "最近的意见", "Last said";
    NOT_DISPUTED: "没有人提出质疑。", "Nobody has disputed it.";
    NO_DISPUTES: "本活动没有质疑。在“未计入”或“计入”的记录上打开一条，即可提出。", "Nothing is disputed in this campaign. Open a record that counted or did not to dispute it.";
    DISPUTE_SETTLED: "已了结", "settled";
    OPEN: "待答复", "open";
    DISPUTE_IT: "我有疑问（写明依据，核实员会答复）", "Dispute it (say why; the verifier answers)";
    ANSWER: "答复", "Answer";
    SETTLES_IT: "此答复了结质疑", "This settles it";
    SEND: "提交", "Send";
    WHAT_IF: "假如确认", "What if";
    WHAT_IF_HELP: "勾选待核实的业绩，看全部确认后名次会怎样。只是推算，不改变任何记录。", "Tick pending outcomes to see where the unit would stand if they were confirmed. It changes nothing.";
    SUPPOSE: "推算名次", "Suppose so";
    THEN: "假如确认后", "Then";
    AS_IT_IS: "目前（仅已确认）", "As it is, confirmed only";
    PLACES_THEN: "届时排名", "Places then";
    NOTHING_SUPPOSED: "没有勾选业绩。请返回机构页面勾选。", "Nothing was ticked. Go back to the unit's page to tick outcomes.";
    MARKET: "市场", "Market";
    MARKET_HELP: "市场份额＝赢得的小区 ÷（赢得＋已知存在同业的小区）。数据来自客户经理在潜在客户里填写的现开户行和同业。", "Share: communities won, of those won and those known to lie with a rival. It comes from what account managers recorded as the present bank and competitors.";
    COMMUNITIES_KNOWN: "已知小区", "Communities known";
    WON: "已赢得", "Won";
    HELD_BY_RIVALS: "在同业", "With rivals";
    STILL_OPEN: "未定", "Still open";
    MARKET_SHARE: "市场份额", "Market share";
    RIVALS: "同业", "Rivals";
    MET_IN: "涉及小区", "Met in communities";
    BY_UNIT: "各机构", "Unit by unit";
    NO_RIVALS: "还没有人记录过同业。", "Nobody has recorded a rival yet.";
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
    DOSSIER: "客户档案", "Dossier";
    DOSSIERS: "客户档案", "Dossiers";
    DOSSIERS_HELP: "客户档案为保密资料：只有所分配的客户经理和机构负责人能打开，每次查看都会记入审计日志。", "Dossiers are confidential: only the assigned people and the unit's leaders can open one, and each reading is noted in the audit log.";
    DOSSIER_NOTED: "您的这次查看已记入审计日志。请勿抄录或转发。", "That you read this is noted in the audit log. Copy it nowhere.";
    OTHERS_PROSPECT: "现属其他机构的客户", "A prospect of another unit now";
    ERASED_PROSPECT: "已删除", "Erased";
    ERASE: "应本人要求删除全部记录", "Erase everything recorded, as the person asked";
    ERASE_HELP: "永久删除这位客户及与其有关的一切：走访、业绩、档案、待定和被退回的记录，服务器和所有手机上都不再保留，也不能撤销。已经计入的成绩照旧。只在本人提出要求时使用。", "This destroys the prospect and all that belongs to it for good, here and on every phone: visits, outcomes, dossiers, what is held or was refused. It cannot be undone. What counted goes on counting. Do it only when the person asks for it.";
    RECORDS: "条记录", "records";
    ERASE_WHY: "依据（记入审计日志，请勿写入要删除的内容）", "On what grounds (for the audit log; not what is to be forgotten)";
    ERASE_NAME: "请输入客户名称以确认", "Type the prospect's name to confirm";
    ERASE_NOW: "永久删除", "Erase for good";
    ERASE_NOT_CONFIRMED: "没有删除：请写明依据，并准确输入客户名称。", "Nothing was erased: say on what grounds, and type the prospect's name exactly.";
    HELD: "待定", "Held";
    VERIFY: "核实", "Verify";
    LEDGERS: "台账核对", "Ledger files";
    VERIFY_HELP: "按收到的先后，一笔一笔核实。确认后计入排名；驳回时申报人在手机上看到您写的原因。申报人之后再修改，会重新排队。", "One after the other, as they came. What you confirm counts; of what you reject, the claimant reads your reason on the phone. Whatever is edited afterwards waits again.";
    WAIT_FOR_VERDICT: "笔业绩待核实", "outcomes wait for a verdict";
    NOTHING_TO_JUDGE: "没有等待核实的业绩。手机同步新的业绩后会出现在这里。", "Nothing waits for a verdict. What phones sync appears here.";
    WAITS_NO_LONGER: "地址里的那笔业绩已不再等待核实；这是下一笔。", "The outcome in the address waits no longer; here is the next.";
    CLAIMED_BY: "申报人", "Claimant";
    CREDITED_TO: "计入机构", "Credited to";
    RECEIVED: "收到于", "Received";
    WOULD_COUNT: "计入", "Counts as";
    EARLIER_VERDICTS: "以前的核实", "Earlier verdicts";
    CONFIRM: "确认", "Confirm";
    REJECT: "驳回", "Reject";
    CONFIRM_HELP: "台账与申报一致时，直接确认；不一致的，填写台账的值。", "If the ledger says what is claimed, just confirm; fill in what it says otherwise.";
    LEDGER_AMOUNT: "台账金额（元）", "Amount in the ledger (yuan)";
    LEDGER_DATE: "台账日期", "Day in the ledger";
    CREDIT_UNIT: "改计入机构（代码）", "Credit another unit (its code)";
    REJECT_WHY: "驳回原因（申报人会看到）", "Why it is rejected (the claimant reads it)";
    CHOOSE_FIRST: "计分字段有冲突，要先由记录人在手机上选定一个值，才能核实。", "People entered different values. They choose one on a phone first; then it can be judged.";
    LATER: "先看下一笔", "Leave it, show the next";
    LEDGERS_HELP: "上传银行台账（CSV 或 XLSX），与申报的业绩逐笔核对。需要三列：凭证号、金额（元）、日期；其他列不读取。至多 10 MB、十万行。内容加密保存。", "Bring in a file of the bank's ledger (CSV or XLSX) to match it with what is claimed. It needs three columns: reference, amount (in yuan), date; others are not read. At most 10 MB and 100,000 rows. It is kept encrypted.";
    LEDGER_FILE: "台账文件", "Ledger file";
    BRING_IN: "上传并核对", "Bring in and match";
    BROUGHT_BY: "上传人", "Brought in by";
    BROUGHT_AT: "上传时间", "Brought in";
    NO_LEDGERS: "还没有台账文件。", "No ledger file was brought in yet.";
    NO_FILE: "请先选择一个文件。", "Choose a file first.";
    LARGE_FILE: "文件超过 10 MB。请按日期分成几个文件。没有任何更改。", "The file is larger than 10 MB: part it by days. Nothing was changed.";
    NOT_TAKEN: "这个文件没有收下，什么也没有更改：", "The file was not taken, and nothing was changed:";
    MATCHED: "相符", "Matched";
    DIFFERING: "不符", "Differing";
    UNKNOWN_ROWS: "无人申报", "Unknown";
    MISSING: "台账中没有", "Missing";
    SETTLED: "已有结论", "Judged already";
    NO_MATCHED: "没有可以直接确认的业绩。", "Nothing can be confirmed as it is.";
    NO_DIFFERING: "没有不符的。", "Nothing differs.";
    NO_UNKNOWN: "台账的每一行都有人申报。", "Every row is claimed by somebody.";
    NO_MISSING: "待核实的业绩都在台账里。", "All that is claimed stands in the ledger.";
    NO_SETTLED: "没有早先已有结论的。", "Nothing was judged before.";
    REPORT_HELP: "相符：凭证号、金额、日期都一致。不符：需要您逐笔判断。无人申报：台账有，而您能核实的业绩里没有。台账中没有：申报了，这个文件里没有。报告每次打开都按现在的业绩重新核对。", "Matched: reference, amount and day agree. Differing: yours to judge, one by one. Unknown: in the ledger, and in no claim that is yours to judge. Missing: claimed, and not in this file. Each time it is opened, the report is made anew from the claims as they are.";
    CONFIRM_ALL: "全部确认", "Confirm all";
    CONFIRM_ALL_HELP: "把相符的业绩逐笔确认。打开本页之后有变动的不在内。中途断开也不要紧，再按一次即可继续。", "Each that matches is confirmed. What changed after you opened this page is left out. If it is cut off, press it again.";
    REFERENCE: "凭证号", "Reference";
    LINE: "行", "Line";
    PRODUCT: "产品", "Product";
    CLAIMED_AMOUNT: "申报金额", "Claimed";
    CLAIMED_DATE: "申报日期", "Claimed day";
    IN_LEDGER: "台账金额", "In the ledger";
    DIFFERENCE: "不符之处", "What differs";
    VERDICT: "核实", "Verdict";
    BY_LEDGER: "按台账确认", "Confirm by the ledger";
    LOOK_AT_IT: "查看", "Look at it";
    DIFFERS_AMOUNT: "金额不同", "another amount";
    DIFFERS_DATE: "日期不同", "another day";
    CLAIMED_TWICE: "同一凭证号有多笔申报", "claimed twice";
    TWICE_IN_FILE: "文件中出现多次", "stands twice in the file";
    BACK_TO_LEDGERS: "返回台账文件", "Back to the ledger files";
    DEVICES: "手机", "Phones";
    USERS: "用户", "Users";
    AUDIT: "审计日志", "Audit log";
    LOG_IN: "登录", "Log in";
    LOG_OUT: "退出", "Log out";
    LOGIN_HELP: "用工号和密码登录。还没有用户？请联系管理员。", "Log in with your staff code and password. No login yet? Ask an administrator.";
    PASSWORD: "密码", "Password";
    CODE: "验证码", "Code";
    CONTINUE: "继续", "Continue";
    SECOND_FACTOR: "第二重验证", "Second factor";
    GIVE_CODE_HELP: "打开手机上的身份验证器，输入 Canvass 的六位验证码。手机不在身边时，可以输入一个恢复码。", "Open the authenticator on your phone and enter the six digits for Canvass. Without the phone, enter one of your recovery codes.";
    WRONG_LOGIN: "工号或密码不对。", "The staff code or the password is wrong.";
    WRONG_CODE: "验证码不对，或者已经用过。请等下一个验证码再试。", "The code is wrong, or was used already. Wait for the next one and try again.";
    RUN_OUT: "这个一次性密码已过期。请联系管理员重新发一个。", "This one-time password has run out. Ask an administrator for another.";
    TOO_OFTEN: "这个网络地址尝试得太频繁。请过一分钟再试。", "There were too many tries from this network address. Try again in a minute.";
    ACCOUNT: "我的账户", "My account";
    NEW_PASSWORD: "新密码", "New password";
    NEW_PASSWORD_AGAIN: "再输一遍新密码", "The new password again";
    PRESENT_PASSWORD: "现在的密码", "Present password";
    CHANGE_PASSWORD: "修改密码", "Change the password";
    FIRST_PASSWORD_HELP: "一次性密码只能用一次。请设定自己的密码：至少十二个字符，一句自己记得住的话最好；不要含工号和姓名。", "A one-time password holds once. Choose one of your own: at least twelve characters, best a sentence that you will remember; without your staff code and name.";
    CHANGE_PASSWORD_HELP: "至少十二个字符，不含工号和姓名。修改后，您在其他地方的登录都会结束。", "At least twelve characters, without your staff code and name. Afterwards you are logged out everywhere else.";
    NOT_ALIKE: "两次输入的新密码不一样。", "The two new passwords differ.";
    WRONG_PRESENT: "现在的密码不对。", "The present password is wrong.";
    UNFIT_SHORT: "至少要十二个字符。", "It needs at least twelve characters.";
    UNFIT_LONG: "最多一百二十八个字符。", "It may have at most 128 characters.";
    UNFIT_OWN: "请不要把工号或姓名放进密码。", "Leave out your staff code and your name.";
    UNFIT_GUESSED: "这个密码太容易猜到。", "It is too easy to guess.";
    UNFIT_SAME: "请换一个和现在不同的密码。", "Take another password than the present one.";
    SET_UP: "设置第二重验证", "Set up the second factor";
    SET_UP_HELP: "您的岗位登录时需要第二重验证。用手机上的身份验证器扫描二维码，或手工输入密钥，再填写它显示的六位验证码。", "Your role needs a second factor to log in. Scan the code with the authenticator on your phone, or type in the secret, then enter the six digits that it shows.";
    SECRET: "密钥", "Secret";
    QR_TITLE: "第二重验证的二维码", "QR code of the second factor";
    RECOVERY_CODES: "恢复码", "Recovery codes";
    RECOVERY_HELP: "手机丢失时，用恢复码代替验证码登录，每个只能用一次。它们只在这里显示一次：请抄下或打印，锁好。", "Without your phone, each of these takes the place of a code once. They are shown here only once: write them down or print them, and lock them away.";
    CODES_LEFT: "个恢复码还没有用", "recovery codes are left";
    RENEW_CODES: "换一组新的恢复码", "Make new recovery codes";
    RENEW_HELP: "输入现在的验证码；旧的恢复码随即作废。", "Enter the present code; the old recovery codes hold no longer.";
    GO_ON: "已抄好，继续", "I have written them down";
    HAS_SECOND: "第二重验证已启用。", "The second factor is set up.";
    OWN_SESSIONS: "在哪里登录着", "Where you are logged in";
    SESSIONS_OF: "登录中的会话", "Open sessions";
    THIS_SESSION: "当前", "this one";
    BEGUN: "开始于", "Begun";
    LAST_SEEN: "最近使用", "Last used";
    END: "结束", "End";
    END_OTHERS: "结束其他所有会话", "End all others";
    END_ALL: "结束全部会话", "End all";
    NO_SESSIONS: "没有登录中的会话。", "No session is open.";
    NO_LOGINS: "还没有用户。", "There are no logins yet.";
    STATE: "状态", "State";
    MADE: "建立于", "Made";
    ACTIVE: "正常", "active";
    DISABLED: "已停用", "disabled";
    LOCKED: "暂时锁定", "locked";
    TRIED: "有人在别处反复输错密码", "others fail at it";
    UNLOCK: "解除锁定", "Lift the lock";
    UNLOCK_HELP: "密码、第二重验证和手机都不变。", "The password, the second factor and the phones stay as they are.";
    WAITS: "等待首次登录", "awaits its first login";
    NO_SECOND: "无", "none";
    SESSIONS: "会话", "Sessions";
    ACTIONS: "操作", "What can be done";
    RESET: "重置", "Reset";
    RESET_HELP: "重置后，旧密码和第二重验证作废，并生成一个一天内有效的一次性密码。", "A reset voids the password and the second factor, and makes a one-time password that holds for a day.";
    DISABLE: "停用", "Disable";
    DISABLE_HELP: "停用立即生效：会话结束，此人的手机也会被吊销。", "Disabling holds at once: sessions end, and the person's phones are revoked.";
    ENABLE: "重新启用", "Enable";
    ADD_LOGIN: "新建用户", "Make a login";
    ADD_LOGIN_HELP: "为名单中的员工建立用户。名单用 import people 导入，或在服务器上用 user add 添加。", "Make a login for somebody on the bank's list. The list is brought in with import people, or on the server with user add.";
    ONE_TIME: "一次性密码", "One-time password";
    ONE_TIME_HELP: "只在这里显示一次，请当面或电话告知本人；首次登录后必须修改，二十四小时内有效。", "It is shown here only once: tell it to the person face to face or by telephone. It must be changed at the first login, and holds for 24 hours.";
    DEVICE_NUMBER: "编号", "Number";
    ENROLLED: "启用于", "Enrolled";
    SEEN: "最近联系", "Last heard of";
    CLOCK: "手机时钟", "Clock";
    REVOKED: "已吊销", "revoked";
    NEVER_ENROLLED: "未启用", "never enrolled";
    MAY_HAND_OVER: "可交回未同步的记录", "may hand over its work";
    HANDED_OVER: "已交回", "handed over its work";
    NO_DEVICES: "还没有手机。管理员邀请后，手机扫码即可启用。", "There are no phones yet. An administrator invites one, and it comes in by scanning a code.";
    REVOKE: "吊销", "Revoke";
    REVOKE_HELP: "立即生效：手机下次联系时会被要求清除数据。离线的手机要等到恢复联系才会清除。", "It holds at once: the phone is told to wipe at its very next request. A phone that stays offline does not hear of it.";
    REASON: "原因", "Reason";
    HAND_OVER: "允许它把尚未同步的记录交回一次，由行长决定是否接受", "Let it hand over once what it had not synced, for the branch leader to decide on";
    INVITE: "邀请手机", "Invite a phone";
    INVITE_HELP: "选择员工，生成一个二维码。十五分钟内有效，只能用于一部手机；输错五次即作废。", "Choose somebody and make a code to scan. It is good for 15 minutes and one phone; five wrong tries make it void.";
    INVITATION: "手机邀请", "Invitation for a phone";
    INVITATION_HELP: "请本人在手机应用里扫描二维码，或输入下面的链接。它只在这里显示一次。", "Let the person scan it with the app on their phone, or type in the link below. It is shown here only once.";
    GOOD_UNTIL: "有效至", "good until";
    FOR_WHOM: "给谁", "For";
    BACK_TO_DEVICES: "返回手机列表", "Back to the phones";
    MORE_HELD: "条待决定，处理完以上记录后显示", "more wait and are shown once these are decided";
    HELD_HELP: "这些记录到得太晚，或来自已吊销的手机，需要您决定。接受后按规则计入；退回时记录人会看到您写的原因。", "These came later than they may, or from a revoked phone, and are yours to decide on. What you accept counts by the rules; of what you refuse, the recorder is told your reason.";
    NOTHING_HELD: "没有待定的记录。", "Nothing waits for a decision.";
    HELD_FOR: "为何待定", "Why it is held";
    HELD_LEASE: "手机离线超过期限，此人现在已无权写这条记录", "the phone was offline for longer than its lease, and by now its person may not write this";
    HELD_REVOKED: "由已吊销的手机交回", "handed over by a revoked phone";
    HELD_SINCE: "收到于", "Received";
    HELD_CHANGES: "处改动", "changes";
    HELD_CONFIDENTIAL: "保密资料，此处不显示内容。", "Confidential: what it says is not shown here.";
    HELD_UNFIT: "内容与现有记录不能合并，此处无法显示。", "It does not fit what is there now, and cannot be shown.";
    ACCEPT: "接受", "Accept";
    REFUSE: "退回", "Refuse";
    REASON_NEEDED: "退回时请写明原因，记录人会看到。", "Say why you refuse it: the recorder is told.";
    PHONE: "手机", "Phone";
    ACTOR: "操作人", "Who";
    DEED: "操作", "What";
    SUBJECT: "对象", "To whom or what";
    ENTRY: "序号", "No.";
    FROM_DAY: "自（日期）", "From (day)";
    UNTIL_DAY: "至（日期）", "To (day)";
    FILTER: "筛选", "Filter";
    NO_ENTRIES: "没有符合条件的记录。", "No entry matches.";
    CHAIN_HOLDS: "日志完整：每一条都与前一条相连，共", "The log is whole: each entry is chained to the one before;";
    ENTRIES: "条", "entries";
    CHAIN_BROKEN: "日志不可信！", "The log cannot be believed!";
    CHECK_CHAIN: "检查日志是否完整", "Check whether the log is whole";
    SHOWN_OF: "条符合；这里是最新的", "match; here are the newest";
    ENROL: "启用手机", "Bring a phone in";
    ENROL_HELP: "这是一个手机邀请。请用手机上的 Canvass 应用打开或扫描它，不要在浏览器里打开；浏览器不会把其中的验证码发给服务器。", "This is an invitation for a phone. Open or scan it with the Canvass app on the phone, not with a browser; a browser never sends the code in it to the server.";
    ENROL_NO_APP: "还没有应用？请向管理员索取安装方式。邀请十五分钟内有效。", "No app yet? Ask your administrator where to get it. An invitation is good for 15 minutes.";
    BACK_TO_USERS: "返回用户列表", "Back to the list";
}

/// A deed of the audit log in words; one that a newer version notes, as it is.
pub(super) const DEEDS: &[(&str, Label)] = &[
    ("logged-in", Label { zh: "登录", en: "logged in" }),
    ("login-failed", Label { zh: "登录失败", en: "failed to log in" }),
    ("login-locked", Label { zh: "多次失败，暂时锁定", en: "locked after failures" }),
    ("login-made", Label { zh: "建立用户", en: "made a login" }),
    ("login-disabled", Label { zh: "停用用户", en: "disabled a login" }),
    ("login-enabled", Label { zh: "重新启用用户", en: "enabled a login" }),
    ("login-reset", Label { zh: "重置用户", en: "reset a login" }),
    ("password-changed", Label { zh: "修改密码", en: "changed a password" }),
    ("second-factor-set", Label { zh: "设置第二重验证", en: "set up a second factor" }),
    ("session-ended", Label { zh: "结束会话", en: "ended sessions" }),
    ("dossier-read", Label { zh: "查看客户档案", en: "read a dossier" }),
    ("exported", Label { zh: "导出表格", en: "took a table along" }),
    ("verified", Label { zh: "核实", en: "gave a verdict" }),
    ("ledger-brought", Label { zh: "上传台账", en: "brought in a ledger file" }),
    ("matched-confirmed", Label { zh: "确认全部相符的业绩", en: "confirmed all that matched" }),
    ("assigned", Label { zh: "分配", en: "assigned a prospect" }),
    ("campaign-changed", Label { zh: "编辑营销活动", en: "edited a campaign" }),
    ("erased", Label { zh: "应要求删除", en: "erased what was recorded" }),
    ("bank-changed", Label { zh: "变更机构或权限", en: "changed the bank" }),
    ("invited", Label { zh: "邀请手机", en: "invited a phone" }),
    ("enrolled", Label { zh: "启用手机", en: "enrolled a phone" }),
    ("invitation-failed", Label { zh: "邀请码错误", en: "tried a wrong invitation" }),
    ("revoked", Label { zh: "吊销手机", en: "revoked a phone" }),
    ("handed-over", Label { zh: "交回记录", en: "handed work over" }),
    ("held-accepted", Label { zh: "接受待定记录", en: "accepted what was held" }),
    ("held-refused", Label { zh: "退回待定记录", en: "refused what was held" }),
    ("backup-made", Label { zh: "备份", en: "made a backup" }),
    ("backup-restored", Label { zh: "恢复备份", en: "restored a backup" }),
];
