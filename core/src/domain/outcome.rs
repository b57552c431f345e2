//! 业绩: a claimed result with a prospect: an account opened with its fund, cards issued, wealth products sold. It counts
//! as pending until the back office has verified it.

use super::value::required;
use super::{
    Actions, Allowed, AudienceRule, Choice, Columns, Date, FieldSpec, FieldType, Fields, Invalid, KindSpec, Label,
    Money, Role, WrittenBy,
};

/// What was achieved (`[case]`, results after a year: accounts with funds, cards, wealth products).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The community's fund account was opened here.
    Account,
    /// Cards were issued to residents.
    Cards,
    /// Wealth products were sold.
    Wealth,
}

/// The choices of the `product` field.
pub const PRODUCT: &[Choice] = &[
    Choice { name: "account", label: Label { zh: "开户", en: "account" } },
    Choice { name: "cards", label: Label { zh: "发卡", en: "cards" } },
    Choice { name: "wealth", label: Label { zh: "理财", en: "wealth products" } },
];

impl Product {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Account, Self::Cards, Self::Wealth];

    /// Its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Cards => "cards",
            Self::Wealth => "wealth",
        }
    }

    fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.name() == name)
    }
}

/// The kind.
pub static KIND: KindSpec = KindSpec {
    name: "outcome",
    label: Label { zh: "业绩", en: "Outcome" },
    written_by: WrittenBy::Author,
    audience: AudienceRule::ProspectsUnit,
    rights: &[
        Allowed::own(Role::AccountManager, Actions::RECORD),
        Allowed::own(Role::ProductManager, Actions::RECORD),
        Allowed::own(Role::BranchLeader, Actions::RECORD),
        Allowed::own(Role::Verifier, Actions::READ),
        Allowed::own(Role::HeadOffice, Actions::RECORD),
        Allowed::own(Role::Auditor, Actions::READ),
    ],
    fields: &[
        FieldSpec::new("product", "产品", "product", FieldType::Choice(PRODUCT)).required().scoring(),
        FieldSpec::new("opened_on", "办理日期", "date", FieldType::Date(5, 0)).required().scoring(),
        FieldSpec::new("amount", "金额", "amount", FieldType::Money).scoring(),
        FieldSpec::new("cards", "张数", "number of cards", FieldType::Int(0, 100_000)).scoring(),
        FieldSpec::new("reference", "凭证号", "ledger reference", FieldType::Text(100)).searched(),
        FieldSpec::new("note", "备注", "note", FieldType::Text(2000)).searched(),
        FieldSpec::new("owner", "申报人", "claimant", FieldType::Person),
    ],
    columns: Columns { owner: Some("owner"), ..Columns::NONE },
    due: |_| None,
    leaves_phones: false,
    flags: |fields| match (fields.text("product"), fields.int("amount"), fields.int("cards")) {
        (Some("account" | "wealth"), None, _) => vec!["no-amount"],
        (Some("cards"), _, None) => vec!["no-cards"],
        _ => Vec::new(),
    },
};

/// A claimed result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was achieved.
    pub product: Product,
    /// The day on which it counts, in the campaign's zone.
    pub opened_on: Date,
    /// The fund of an account, or the wealth sold.
    pub amount: Option<Money>,
    /// How many cards.
    pub cards: Option<i64>,
    /// Where the back office finds it in the ledger.
    pub reference: Option<String>,
}

impl Outcome {
    /// The record's fields.
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        fields.set("product", Some(self.product.name().into()));
        fields.set("opened_on", Some(self.opened_on.into()));
        fields.set("amount", self.amount.map(Into::into));
        fields.set("cards", self.cards.map(Into::into));
        fields.set("reference", self.reference.as_deref().map(Into::into));
        fields
    }

    /// Reads a record's fields; what is missing or out of range is absent.
    ///
    /// # Errors
    /// When the product or the date is missing or unknown.
    pub fn read(fields: &Fields) -> Result<Self, Invalid> {
        Ok(Self {
            product: required(fields.text("product").and_then(Product::read), "product")?,
            opened_on: required(fields.date("opened_on"), "opened_on")?,
            amount: fields.money("amount"),
            cards: fields.int("cards").filter(|cards| (0..=100_000).contains(cards)),
            reference: fields.text("reference").map(str::to_owned),
        })
    }
}
