//! A form of a page as a browser reads it: what would be sent if its button were pressed.

/// What a form would send, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The form of a class in a page.
    pub fn of(html: &str, class: &str) -> Self {
        let start =
            html.find(&format!("<form class=\"{class}\"")).unwrap_or_else(|| panic!("no form {class} in {html}"));
        let form = &html[start..];
        let form = &form[..form.find("</form>").expect("it ends")];
        let mut sent = Vec::new();
        for piece in form.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
            let name = attribute(tag, "name");
            match tag.split([' ', '/']).next().unwrap_or_default() {
                "input" if attribute(tag, "type").as_deref() == Some("checkbox") && !has(tag, "checked") => {}
                "input" => sent.extend(name.map(|name| (name, attribute(tag, "value").unwrap_or_default()))),
                "select" => sent.extend(name.map(|name| (name, String::new()))),
                "option" if has(tag, "selected") => {
                    let value = attribute(tag, "value").unwrap_or_default();
                    sent.last_mut().expect("in a select").1 = value;
                }
                // A newline right behind the tag is not part of the text.
                "textarea" => sent.extend(name.map(|name| (name, plain(text.strip_prefix('\n').unwrap_or(text))))),
                _ => {}
            }
        }
        Self(sent)
    }

    /// What stands in an input.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The same with something else in an input; nothing: a box that is not ticked.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, stands)) => *stands = value.to_owned(),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The fields to be sent.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn has(tag: &str, word: &str) -> bool {
    tag.split_whitespace().any(|part| part == word)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(plain)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}
