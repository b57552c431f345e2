//! What the figures are measured on: visits of 12 fields with a Chinese note of some 200 characters, as varied as people
//! write them, by a seed. Twelve as the document and the plain map have them: id, kind, schema, prospect, and the eight
//! that a person fills in.

use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{Date, Fields, Money, PhoneTime, RecordId, SCHEMA, Value};
use minicbor::Encoder;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws records.
pub(crate) struct Sample {
    rng: ChaCha8Rng,
}

impl Sample {
    /// What is drawn depends on who draws and a number alone; two who draw never draw the same.
    pub(crate) fn of(who: &str, number: u64) -> Self {
        let mut seed = [0; 32];
        seed.iter_mut().zip(who.bytes()).for_each(|(place, byte)| *place = byte);
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(number);
        Self { rng }
    }

    /// A fresh id of a record begun at a time.
    pub(crate) fn id(&mut self, at: PhoneTime) -> RecordId {
        RecordId::new(at.millis(), self.rng.random())
    }

    /// Fresh bytes for an opening's actor.
    pub(crate) fn seed(&mut self) -> [u8; 16] {
        self.rng.random()
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.rng.random_range(0..bound)
    }

    /// A community.
    pub(crate) fn prospect(&mut self) -> Prospect {
        let name = format!("{}{}{}", self.pick(ROADS), self.pick(ESTATES), self.pick(ESTATE_ENDS));
        let yuan = |yuan| Money::from_yuan(yuan).ok();
        Prospect {
            address: Some(format!("{}路{}弄", self.pick(ROADS), self.rng.random_range(1..2000))),
            district: Some(self.pick(ROADS).to_owned()),
            households: Some(self.rng.random_range(80..3000)),
            fund_estimate: yuan(self.rng.random_range(100..20_000) * 10_000),
            price_level: yuan(self.rng.random_range(20_000..140_000)),
            management_quality: Some(self.pick(&["good", "fair", "poor"]).to_owned()),
            current_bank: Some(self.pick(BANKS).to_owned()),
            ..Prospect::named(name)
        }
    }

    /// A visit that ended at a time.
    pub(crate) fn visit(&mut self, at: PhoneTime) -> Fields {
        let met = self.clause("{family}{title}");
        let next_step = self.sentence(&["{day}前{act}", "{act}，再{act}", "带{thing}去见{family}{title}"]);
        let visit = Visit {
            channel: self.pick(&["on_site", "on_site", "on_site", "phone", "video", "forum"]).to_owned(),
            purpose: Some(self.sentence(&["{act}", "谈{topic}", "了解{topic}", "送{thing}"])),
            met: Some(met),
            minutes: Some(self.rng.random_range(8..120)),
            next_step: Some(next_step),
            next_at: Some(at.plus_millis(self.rng.random_range(1..30) * 86_400_000)),
            ..Visit::on_site(at, self.note())
        };
        visit.to_fields()
    }

    /// A claimed result of a day.
    pub(crate) fn outcome(&mut self, day: Date) -> Fields {
        let product = match self.rng.random_range(0..10) {
            0 => Product::Account,
            1..=5 => Product::Cards,
            _ => Product::Wealth,
        };
        let cards = (product == Product::Cards).then(|| self.rng.random_range(1..80));
        let yuan = self.rng.random_range(1..500) * 10_000;
        let amount = if cards.is_none() { Money::from_yuan(yuan).ok() } else { None };
        let reference = Some(format!("SH{:09}", self.rng.random_range(0..1_000_000_000)));
        Outcome { product, opened_on: day, amount, cards, reference }.to_fields()
    }

    /// A note of 190 to 210 characters.
    fn note(&mut self) -> String {
        let mut note = String::new();
        let mut patterns = SAID.to_vec();
        patterns.shuffle(&mut self.rng);
        for pattern in patterns {
            if note.chars().count() >= 190 {
                break;
            }
            if self.rng.random_ratio(1, 3) {
                note.push_str(self.pick(LINKS));
            }
            let clause = self.clause(pattern);
            note.push_str(&clause);
            note.push(if self.rng.random_ratio(1, 3) { '。' } else { '，' });
        }
        note.chars().take(210).collect()
    }

    fn sentence(&mut self, patterns: &[&'static str]) -> String {
        let pattern = self.pick(patterns);
        self.clause(pattern)
    }

    /// Fills in a pattern's `{slots}`.
    fn clause(&mut self, pattern: &str) -> String {
        let mut clause = String::new();
        for part in pattern.split('{') {
            match part.split_once('}') {
                Some((slot, rest)) => {
                    let word = self.word(slot);
                    clause.push_str(&word);
                    clause.push_str(rest);
                }
                None => clause.push_str(part),
            }
        }
        clause
    }

    fn word(&mut self, slot: &str) -> String {
        let list = match slot {
            "family" => FAMILIES,
            "title" => TITLES,
            "road" => ROADS,
            "thing" => THINGS,
            "act" => ACTS,
            "topic" => TOPICS,
            "bank" => BANKS,
            "mood" => MOODS,
            "place" => PLACES,
            "flaw" => FLAWS,
            "day" => DAYS,
            "say" => SAY,
            "they" => THEY,
            "we" => WE,
            "ask" => ASK,
            "soon" => SOON,
            "need" => NEED,
            "n" => return self.rng.random_range(2..480_u32).to_string(),
            "estate" => return format!("{}{}", self.pick(ESTATES), self.pick(ESTATE_ENDS)),
            "wan" => return format!("{}万", self.rng.random_range(8..4_000_u32)),
            "hour" => {
                return format!("{}点{}分", self.rng.random_range(8..20_u32), self.rng.random_range(0..12_u32) * 5);
            }
            _ => unreachable!("no slot is called {slot}"),
        };
        self.pick(list).to_owned()
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list.choose(&mut self.rng).copied().unwrap_or_default()
    }
}

/// A record as a plain CBOR map under a text key for each field would have it.
pub(crate) struct Plain(Vec<u8>);

impl Plain {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a record with all that its document has.
    pub(crate) fn add(&mut self, id: RecordId, kind: &str, prospect: Option<RecordId>, fields: &Fields) {
        let map = u64::try_from(fields.len() + 3 + usize::from(prospect.is_some())).expect("few");
        let mut e = Encoder::new(&mut self.0);
        e.map(map).expect("memory");
        e.str("id").and_then(|e| e.bytes(id.as_bytes())).expect("memory");
        e.str("kind").and_then(|e| e.str(kind)).expect("memory");
        e.str("schema").and_then(|e| e.i64(SCHEMA)).expect("memory");
        if let Some(prospect) = prospect {
            e.str("prospect").and_then(|e| e.bytes(prospect.as_bytes())).expect("memory");
        }
        for (name, value) in fields.iter() {
            let e = e.str(name.as_str()).expect("memory");
            match value {
                Value::Null => e.null(),
                Value::Bool(value) => e.bool(*value),
                Value::Int(value) | Value::Time(value) => e.i64(*value),
                Value::Text(value) => e.str(value),
                Value::Bytes(value) => e.bytes(value),
            }
            .expect("memory");
        }
    }

    /// How many bytes it is in one zstd stream, of the level and with the checksum that the wire has.
    pub(crate) fn zstd(&self) -> usize {
        let mut compressor = zstd::bulk::Compressor::new(3).expect("a compressor");
        compressor.include_checksum(true).expect("a checksum");
        compressor.compress(&self.0).expect("compressed").len()
    }

    /// How many bytes it is.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

const SAID: &[&str] = &[
    "{hour}到{road}路{place}，{family}{title}{soon}在等",
    "{family}{title}{mood}",
    "{they}带{we}看了{place}，{flaw}",
    "居民{say}{flaw}，{family}{title}{need}把这件事办了",
    "维修资金账上{soon}有{wan}，这几年用过{n}笔",
    "钱存在{bank}，去年利息{n}元，{they}{mood}",
    "{we}答应{day}前{act}",
    "{they}{ask}{act}，{we}{say}要请示",
    "{bank}的{family}{title}{day}也来过，送了{thing}，{they}{mood}",
    "{say}到{topic}，{family}{title}{need}等{day}开会",
    "业委会{n}票赞成{n}票反对，{topic}没有通过",
    "小区{n}户，其中{n}户出租，{day}多半没人",
    "{family}{title}的孩子在{road}路上学，{they}{mood}",
    "留下{thing}{n}份，放在{place}，{they}会转交{family}{title}",
    "有{n}户{ask}办卡，{soon}登记了电话",
    "{they}{say}{topic}{need}放在前面",
    "{family}{title}担心{topic}，怕换到{we}这里以后{flaw}",
    "{road}路{estate}去年换到{we}，{they}{need}去问问",
    "{we}讲了{topic}的办法，{family}{title}{mood}",
    "物业{family}{title}也在，{say}{need}{act}",
    "{topic}报价{wan}，签字{soon}差{n}户",
    "看见{place}缺{thing}，{they}{say}{flaw}",
    "约好{day}{hour}再来，带上{thing}和{thing}",
    "{place}积水，{soon}谈了{n}分钟，{mood}",
    "{family}{title}{say}{bank}{flaw}",
    "{they}要{we}{need}{act}，{topic}{day}再说",
    "{family}{title}拿出账本，{they}对了{n}项，有{n}项对不上",
    "{they}{day}换届，{family}{title}和{family}{title}票数接近",
    "{estate}的老人{ask}{topic}，{we}解释了{n}分钟",
    "群里{say}{flaw}，{family}{title}让{we}{act}",
];

/// How one clause follows another.
const LINKS: &[&str] = &[
    "后来",
    "另外",
    "还有",
    "最后",
    "顺便",
    "据说",
    "不过",
    "所以",
    "其实",
    "临走时",
    "接着",
    "因为",
    "虽然",
    "当时",
    "中间",
    "大概",
    "反正",
    "总的来看",
    "电话里",
    "路上",
];

const SAY: &[&str] = &["说", "讲", "提到", "表示", "反映", "抱怨", "强调", "透露", "认为", "觉得", "告诉我", "坦言"];

const THEY: &[&str] =
    &["他", "她", "对方", "他们", "几位委员", "老先生", "大家", "主任", "居委", "物业", "业主", "人家"];

const WE: &[&str] = &["我行", "我们", "咱们", "支行", "我", "小刘和我", "网点", "这边"];

const ASK: &[&str] = &["问", "想知道能不能", "打听", "来电询问", "希望", "要求", "想先", "反复问", "托人问", "关心"];

const SOON: &[&str] = &["已经", "早就", "大约", "正好", "只", "还", "刚刚", "差不多", "总共", "确实"];

const NEED: &[&str] =
    &["想先", "要", "最好", "必须", "打算", "准备", "希望", "应该", "不急着", "坚持", "宁可", "暂时不"];

const FAMILIES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林", "郭", "何", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "袁",
    "于", "余", "叶", "蒋", "杜", "苏", "魏", "程", "吕", "丁", "沈", "任", "姚", "卢", "傅", "钟", "姜", "崔", "谭",
];

const TITLES: &[&str] = &[
    "主任",
    "副主任",
    "委员",
    "经理",
    "阿姨",
    "老师",
    "师傅",
    "会计",
    "书记",
    "组长",
    "秘书",
    "工程师",
    "大爷",
    "队长",
];

const ROADS: &[&str] = &[
    "建国",
    "长宁",
    "定西",
    "武夷",
    "延安",
    "江苏",
    "镇宁",
    "愚园",
    "万航渡",
    "康定",
    "昌平",
    "胶州",
    "常德",
    "余姚",
    "西康",
    "澳门",
    "宜昌",
    "长寿",
    "普陀",
    "光复",
    "曹杨",
    "兰溪",
    "枫桥",
    "梅岭",
    "杏山",
    "金沙江",
    "中山",
    "宁夏",
    "怒江",
    "大渡河",
    "真北",
    "桃浦",
    "古浪",
    "祁连山",
    "真光",
    "清峪",
    "梅川",
    "同普",
    "泸定",
    "丹巴",
    "云岭",
    "新村",
    "岚皋",
    "石泉",
    "志丹",
    "交通",
    "宜川",
    "华阴",
    "沪太",
    "延长",
    "平型关",
    "广中",
    "水电",
    "大连",
    "曲阳",
];

const ESTATES: &[&str] = &[
    "汇龙", "永业", "都市", "银枫", "天通", "绿洲", "锦绣", "阳光", "翠湖", "明珠", "海棠", "梧桐", "玫瑰", "春申",
    "金色", "静安", "新华", "世纪", "康乐", "和平", "文化", "丽晶", "仁恒", "大华", "万里", "知音", "凤凰", "香樟",
];

const ESTATE_ENDS: &[&str] =
    &["公寓", "新城", "花园", "家园", "苑", "景庭", "新村", "名邸", "雅居", "里", "坊", "小区"];

const BANKS: &[&str] =
    &["工行", "农行", "中行", "交行", "招行", "浦发", "光大", "民生", "邮储", "农商行", "上海银行", "兴业"];

const MOODS: &[&str] = &[
    "态度比上次热情",
    "听得很认真",
    "不太愿意多谈",
    "一直在接电话",
    "说要再想想",
    "当场记了下来",
    "没有表态",
    "觉得可以试试",
    "明显有顾虑",
    "笑着说不急",
    "有些生气",
    "主动留了微信",
    "问得特别细",
    "比较满意",
    "说以前吃过亏",
    "让我们别再打电话",
    "愿意帮忙说话",
    "要先看合同",
    "嫌手续多",
    "很在意利率",
];

const PLACES: &[&str] = &[
    "门卫室",
    "业委会办公室",
    "活动室",
    "地下车库",
    "中心花园",
    "三号楼大堂",
    "物业前台",
    "垃圾房旁",
    "东门",
    "西门",
    "居委会",
    "老年食堂",
    "水泵房",
    "配电间",
    "健身角",
    "便利店门口",
    "快递柜旁",
    "十二号楼天台",
    "会所",
    "自行车棚",
    "阅览室",
    "儿童乐园",
    "三楼会议室",
    "沿街铺面",
    "喷水池边",
];

const THINGS: &[&str] = &[
    "对账单",
    "合同样本",
    "宣传册",
    "遮阳伞",
    "公告栏",
    "雨伞架",
    "血压计",
    "长椅",
    "测算表",
    "开户清单",
    "选票",
    "授权书模板",
    "电话卡",
    "折叠桌",
    "老花镜",
    "扩音器",
    "灭火器",
    "春联",
    "台历",
    "急救箱",
    "绿植",
    "粽子",
    "月饼票",
    "演出票",
    "流程图",
    "利率表",
    "服务承诺书",
    "操作说明",
    "电影票",
    "体检券",
];

const ACTS: &[&str] = &[
    "把利息算清楚",
    "印一批选票",
    "请行长来一趟",
    "装一台自助缴费机",
    "派人帮忙收选票",
    "办一场防骗讲座",
    "查清专户到期日",
    "把对账单改成大字",
    "修好缴费机",
    "请剧团来演木偶戏",
    "核对户数和面积",
    "开通网银查询",
    "送一份同业比较",
    "在大会上讲十分钟",
    "补齐印鉴卡",
    "给每户发一封信",
    "联系隔壁小区",
    "请税务的朋友解释发票",
    "把流程贴到每个门洞",
    "安排周末值班",
    "答复三位业主的投诉",
    "量一下广告位尺寸",
    "调一份去年的流水",
    "约街道的人一起坐坐",
    "免掉短信费",
    "先办十张卡试试",
    "接老人去网点",
    "拍几张现场照片",
];

const TOPICS: &[&str] = &[
    "资金安全",
    "支取手续",
    "双印鉴管理",
    "利率上浮",
    "电梯更新",
    "外墙渗水",
    "屋顶大修",
    "业主查询",
    "换届选举",
    "公共收益公示",
    "停车费入账",
    "监控改造",
    "水箱清洗",
    "房屋保险",
    "理财产品",
    "老人用卡",
    "信用卡年费",
    "消防整改",
    "加装电梯",
    "垃圾分类",
    "充电桩",
    "物业费拖欠",
    "发票和税",
    "专户合并",
    "到期转存",
];

const FLAWS: &[&str] = &[
    "路灯坏了三盏",
    "墙皮掉得厉害",
    "排队要一个多小时",
    "电话总是没人接",
    "门禁刷不开",
    "短信来得太晚",
    "字太小看不清",
    "网点搬走以后很远",
    "账目半年没公示",
    "车位不够吵了几回",
    "缴费机吐不出发票",
    "雨棚漏水",
    "信箱坏了一排",
    "柜员换了三个",
    "地砖松动绊倒人",
    "预约了还要等",
    "楼道堆满杂物",
    "余额对不上",
    "泵房噪音大",
    "保安换得太勤",
];

const DAYS: &[&str] = &[
    "周一",
    "周二",
    "周三",
    "周四",
    "周五",
    "周六",
    "周日",
    "下周一",
    "下周三",
    "下周五",
    "月底",
    "月初",
    "十五号",
    "二十号",
    "节后",
    "端午前",
    "清明后",
    "明天",
    "后天",
    "大后天",
    "下个月",
    "季度末",
    "上周",
    "前天",
    "昨天下午",
];
