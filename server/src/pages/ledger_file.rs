//! Why a ledger file was not taken, in the words of whoever has to mend it: the line, the column, and what to do.

use super::words::Lang;
use crate::import::{BadCell, Fault, ImportError, LedgerColumn, LedgerFileError, MOST_ROWS};

/// What is wrong, one thing a line.
pub(super) fn complaints(error: &LedgerFileError, lang: Lang) -> Vec<String> {
    match (error, lang) {
        (LedgerFileError::Cells { cells, more }, _) => {
            let mut lines: Vec<String> = cells.iter().map(|bad| cell(bad, lang)).collect();
            if *more > 0 {
                lines.push(match lang {
                    Lang::Zh => format!("另有 {more} 处类似的问题。"),
                    Lang::En => format!("and {more} more of the kind"),
                });
            }
            lines
        }
        (LedgerFileError::TooManyRows, Lang::Zh) => vec![format!("超过 {MOST_ROWS} 行，请按日期分成几个文件。")],
        (LedgerFileError::Table(error), Lang::Zh) => vec![table_zh(error)],
        (LedgerFileError::Table(error), Lang::En) => vec![table_en(error)],
        (error, Lang::En) => vec![error.to_string()],
    }
}

fn column(column: LedgerColumn, lang: Lang) -> &'static str {
    match (column, lang) {
        (LedgerColumn::Reference, Lang::Zh) => "凭证号",
        (LedgerColumn::Amount, Lang::Zh) => "金额",
        (LedgerColumn::Date, Lang::Zh) => "日期",
        (column, Lang::En) => column.name(),
    }
}

fn cell(bad: &BadCell, lang: Lang) -> String {
    let (zh, en) = match bad.fault {
        Fault::Empty => ("不能为空，请补上或删除这一行", "is empty: fill it in, or delete the row"),
        Fault::Long => ("太长，至多 100 字节", "is too long: at most 100 bytes"),
        Fault::Signs => {
            ("是公式或含有控制字符，请粘贴为数值", "is a formula, or has signs that no reference has: paste its value")
        }
        Fault::NoAmount => {
            ("不是金额，请写成 20000.00 的样子，不带负号", "is no amount: write it as 20000.00, without a minus")
        }
        Fault::NoDay => ("不是日期，请写成 2026-03-02 的样子", "is no day: write it as 2026-03-02"),
    };
    let (line, name) = (bad.line, column(bad.column, lang));
    match lang {
        Lang::Zh => format!("第 {line} 行，{name}“{}”{zh}", bad.found),
        Lang::En => format!("line {line}, {name}: “{}” {en}", bad.found),
    }
}

/// The header is named as it is: nobody on a page can give flags.
fn table_en(error: &ImportError) -> String {
    match error {
        ImportError::MissingColumn { wanted, header } => {
            format!("line 1: there is no column for the {wanted}; call it “{wanted}” (the header has: {header})")
        }
        ImportError::Encoding { line, .. } => {
            format!("line {line}: the text is neither UTF-8 nor GB18030; save the file as CSV UTF-8 or XLSX")
        }
        error => error.to_string(),
    }
}

fn table_zh(error: &ImportError) -> String {
    let wanted = |name: &str| match name {
        "reference" => "凭证号",
        "amount" => "金额",
        _ => "日期",
    };
    match error {
        ImportError::MissingColumn { wanted: name, header } => {
            let name = wanted(name);
            format!("第 1 行没有“{name}”这一列，请把它的列名改为“{name}”（现有：{header}）")
        }
        ImportError::Empty => "文件没有数据；第一行应为列名，下面是数据。".to_owned(),
        ImportError::TwiceInHeader(name) => format!("第 1 行：列名“{name}”出现两次，请改掉一个。"),
        ImportError::Encoding { line, .. } => {
            format!("第 {line} 行：文字编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8 或 XLSX。")
        }
        ImportError::Quote { line, .. } => format!("第 {line} 行：引号没有成对，请补上或去掉。"),
        ImportError::Ragged { line, found, expected, .. } => {
            format!("第 {line} 行有 {found} 列，应为 {expected} 列；含分隔符的内容请加引号。")
        }
        ImportError::Formula { place, found } => {
            format!("{place}：“{found}”是公式，请复制后选择“粘贴为数值”。")
        }
        ImportError::Row { line, .. } => format!("第 {line} 行无法读取，请检查引号、行长和多余的列。"),
        ImportError::Workbook(_) => "工作簿无法读取，请重新另存为 .xlsx 或 CSV。".to_owned(),
        ImportError::TooLarge { .. } => "工作簿解压后太大，请另存为 CSV，或按日期分开。".to_owned(),
        error => error.to_string(),
    }
}
