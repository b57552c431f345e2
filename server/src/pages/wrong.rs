//! Why there is no page, in words for people with a browser.

use super::frame;
use super::reader::Reader;
use super::words::{self, Lang};
use crate::problem::Problem;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use canvass_core::domain::{Label, Week};

/// What is wrong with an address, or with the server.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The address cannot be read.
    Address(String),
    /// A parameter cannot be what it is.
    Parameter { name: &'static str, text: String },
    /// There is no such campaign.
    NoCampaign(String),
    /// There is no such unit.
    NoUnit(String),
    /// There is no such person.
    NoPerson(String),
    /// There is no such prospect.
    NoProspect(String),
    /// The prospect was erased.
    Erased,
    /// An erasure was not confirmed.
    NotConfirmed,
    /// There is no such dossier, or it is not the reader's to know of.
    NoDossier,
    /// There is no such attachment, its bytes have not come, or it is not the reader's to see.
    NoAttachment,
    /// It is not the reader's to see.
    NotYours(Whom),
    /// A form is not one of this session's, or cannot be read.
    Form,
    /// There is no such ledger file, or it is not the reader's to see.
    NoLedger(String),
    /// The outcome is not what the verifier saw: it was edited.
    Edited,
    /// Somebody judged the outcome since the verifier looked.
    Judged,
    /// People disagree about what was claimed.
    Undecided,
    /// What stands in a field of a form will not do.
    Unfit { field: Label, text: String },
    /// A file that was sent is too large.
    LargeFile,
    /// What was held is refused without a reason.
    NoReason,
    /// The page has no such table, or the table no such column.
    NoColumn(String),
    /// The table has more rows than such a file can hold.
    TooLong,
    /// No such bulletin was sealed.
    NoBulletin(Week, u32),
    /// There is no such record, or it is not one that counts.
    NoFact(String),
    /// Nothing is at this address.
    Nothing(String),
    /// The campaign's dates do not span a week.
    EndsBeforeItStarts,
    /// The server cannot answer.
    Server(Problem),
}

/// Whom to ask for what is not one's own to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// The unit's leader.
    UnitsLeader,
    /// Head office.
    HeadOffice,
    /// An administrator.
    Administrator,
    /// A branch leader.
    Leader,
    /// An auditor.
    Auditor,
    /// The back office.
    BackOffice,
}

impl Whom {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::UnitsLeader => (
                "各机构的客户记录只对本机构开放；如需查看，请联系该机构的负责人。",
                "records are for the people of the unit they belong to; ask that unit's leader",
            ),
            Self::HeadOffice => {
                ("此页汇总全行，只对总行开放；请联系总行。", "it is about the whole bank; ask head office")
            }
            Self::Administrator => {
                ("用户和手机由管理员管理；请联系管理员。", "logins and phones are an administrator's; ask one")
            }
            Self::Leader => {
                ("待定的记录由支行行长决定；请联系您的行长。", "what is held is a branch leader's to decide; ask yours")
            }
            Self::BackOffice => (
                "业绩由后台核实人员和总行核实；请联系后台。",
                "outcomes are the back office's to judge; ask a verifier or head office",
            ),
            Self::Auditor => (
                "审计日志只对审计员和管理员开放。",
                "the audit log is for auditors and administrators; ask one of them",
            ),
        }
    }
}

/// What is shown in place of the page that was asked for.
pub(super) enum Instead {
    /// Another answer, such as the way to the full address.
    Page(Box<Response>),
    /// No campaign was recorded yet.
    NoCampaignYet(Lang, Reader),
    /// Why not.
    Wrong(Lang, Wrong),
}

impl Wrong {
    pub(super) fn parameter(name: &'static str, text: &str) -> Self {
        Self::Parameter { name, text: text.to_owned() }
    }

    /// Told in a language.
    pub(super) fn told(self, lang: Lang) -> Instead {
        Instead::Wrong(lang, self)
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoCampaign(_) | Self::NoUnit(_) | Self::NoPerson(_) | Self::NoProspect(_) | Self::Nothing(_) => {
                StatusCode::NOT_FOUND
            }
            Self::NoDossier | Self::NoAttachment | Self::NoBulletin(..) | Self::NoFact(_) | Self::NoLedger(_) => {
                StatusCode::NOT_FOUND
            }
            Self::Edited | Self::Judged | Self::Undecided => StatusCode::CONFLICT,
            Self::LargeFile => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Erased => StatusCode::GONE,
            Self::NotYours(_) | Self::Form => StatusCode::FORBIDDEN,
            Self::Server(problem) => problem.status(),
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// What happened and what to do.
    pub(super) fn words(&self, lang: Lang) -> String {
        let in_lang = |zh: String, en: String| if lang == Lang::Zh { zh } else { en };
        match self {
            Self::Address(why) => in_lang(
                format!("无法读懂这个地址（{why}）。请从实时排名重新进入。"),
                format!("this address cannot be read ({why}): start from the standings"),
            ),
            Self::Parameter { name, text } => in_lang(
                format!("地址里的 {name} 不能是“{text}”。请从实时排名重新进入。"),
                format!("{name} cannot be “{text}”: start from the standings"),
            ),
            Self::NoCampaign(id) => in_lang(
                format!("没有编号为 {id} 的营销活动。它可能已被撤回；请从活动列表中选择。"),
                format!("there is no campaign {id}: it may have been withdrawn; choose one from the list"),
            ),
            Self::NoFact(id) => in_lang(
                format!("没有编号为 {id} 的走访、活动或业绩。它可能已被删除。"),
                format!("there is no visit, activity or outcome {id}: it may have been erased"),
            ),
            Self::NoBulletin(week, revision) => in_lang(
                format!("{week} 没有第 {revision} 版通报。请从通报列表中选择。"),
                format!("no bulletin of {week} was sealed as revision {revision}: choose one from the list"),
            ),
            Self::NoUnit(id) => in_lang(
                format!("没有代码为 {id} 的机构。它可能已改名或撤并；请从实时排名重新进入。"),
                format!("there is no unit {id}: start from the standings"),
            ),
            Self::NoPerson(id) => in_lang(
                format!("没有工号为 {id} 的员工。请从机构页重新进入。"),
                format!("there is no person {id}: start from a unit's page"),
            ),
            Self::NoProspect(id) => in_lang(
                format!("服务器上没有编号为 {id} 的潜在客户。记录它的手机可能还没有同步。"),
                format!("there is no prospect {id} here: the phone that recorded it may not have synced yet"),
            ),
            Self::Erased => in_lang(
                "这位客户的记录已应本人要求删除，不再保留；已经计入的成绩照旧。".to_owned(),
                "what was recorded of this prospect was erased, as the person asked; what counted goes on counting"
                    .to_owned(),
            ),
            Self::NotConfirmed => lang.of(words::ERASE_NOT_CONFIRMED).to_owned(),
            Self::NoDossier => in_lang(
                "这里没有您可以查看的客户档案。档案只对所分配的客户经理和机构负责人开放。".to_owned(),
                "there is no dossier here that is yours to read: dossiers are for the assigned people and the unit's leaders"
                    .to_owned(),
            ),
            Self::NoAttachment => in_lang(
                "这里没有您可以查看的附件，或者拍摄它的手机还没有把内容传上来。请稍后再试。".to_owned(),
                "there is no attachment here that is yours to see, or the phone that took it has not sent it yet: try again later"
                    .to_owned(),
            ),
            Self::NotYours(whom) => {
                let (zh, en) = whom.words();
                in_lang(
                    format!("这一页不在您的权限之内。{zh}"),
                    format!("this page is not yours to see: {en}"),
                )
            }
            Self::Form => in_lang(
                "这张表单已失效，或不是从本站的页面提交的。没有任何更改；请返回页面重新填写。".to_owned(),
                "this form is out of date, or was not sent by a page of this site. Nothing was changed: go back and fill it in again"
                    .to_owned(),
            ),
            Self::NoLedger(id) => in_lang(
                format!("这里没有您可以查看的第 {id} 号台账文件。请从台账核对页重新进入。"),
                format!("there is no ledger file {id} that is yours to read: start from the ledger files"),
            ),
            Self::Edited => in_lang(
                "您打开之后，申报人又修改了这笔业绩。没有核实；请返回，按现在的内容重新核实。".to_owned(),
                "the claimant edited this outcome after you opened it. Nothing was judged: go back and look at it as it now is"
                    .to_owned(),
            ),
            Self::Judged => in_lang(
                "您打开之后，已有人核实了这笔业绩。没有再次核实；请返回查看。".to_owned(),
                "somebody judged this outcome after you opened it. It was not judged again: go back and look".to_owned(),
            ),
            Self::Undecided => in_lang(
                "这笔业绩的计分字段有冲突，不知该核实哪个值。请先让记录人在手机上选定一个。".to_owned(),
                "people entered different values here, so nobody knows which to judge: let them choose one on a phone first"
                    .to_owned(),
            ),
            Self::Unfit { field, text } => in_lang(
                format!("“{text}”不能作为{}。没有任何更改；请返回更正。", field.zh),
                format!("{}: “{text}” will not do. Nothing was changed: go back and correct it", field.en),
            ),
            Self::LargeFile => lang.of(words::LARGE_FILE).to_owned(),
            Self::NoReason => lang.of(words::REASON_NEEDED).to_owned(),
            Self::NoColumn(name) => in_lang(
                format!("这一页没有名为“{name}”的表或列。请从实时排名重新进入。"),
                format!("this page has no table or column “{name}”: start from the standings"),
            ),
            Self::TooLong => in_lang(
                "行数超过一个 Excel 工作表所能容纳。请先筛选，或导出 CSV。".to_owned(),
                "there are more rows than a worksheet holds: filter them first, or take the CSV".to_owned(),
            ),
            Self::Nothing(path) => in_lang(
                format!("{path} 这里什么也没有。请从实时排名重新进入。"),
                format!("there is nothing at {path}: start from the standings"),
            ),
            Self::EndsBeforeItStarts => in_lang(
                "这个活动的结束日期早于开始日期，请总行更正。".to_owned(),
                "this campaign ends before it starts: head office must correct its dates".to_owned(),
            ),
            Self::Server(problem) => in_lang(
                format!("服务器暂时无法给出这一页，请稍后再试（{}）。", problem.detail()),
                problem.detail().to_owned(),
            ),
        }
    }
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::EditedMeanwhile(_) => Self::Edited,
            StoreError::JudgedMeanwhile(_) => Self::Judged,
            StoreError::Undecided(_) => Self::Undecided,
            error => Self::Server(error.into()),
        }
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Self::Page(response) => *response,
            Self::NoCampaignYet(lang, reader) => frame::no_campaign(lang, &reader),
            Self::Wrong(lang, wrong) => frame::wrong(lang, &wrong),
        }
    }
}
