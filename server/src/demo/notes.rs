//! What account managers write about a visit, put together from phrases of the field's craft (`[case]`): parasols and
//! notice boards, ballots printed and counted, puppet shows, payment kiosks, fund enquiries, forums of committees.

use super::bank::surname;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// What a visit was about, in words.
pub(super) struct Talk {
    pub(super) purpose: &'static str,
    pub(super) met: String,
    /// 40 to 200 characters.
    pub(super) note: String,
    pub(super) next_step: &'static str,
}

struct Topic {
    purpose: &'static str,
    /// What was talked about or done.
    said: &'static [&'static str],
    next: &'static [&'static str],
}

/// The words for one visit through a channel; `won` if the fund already lies here, so that one cares instead of wooing.
pub(super) fn talk(rng: &mut ChaCha8Rng, channel: &str, name: &str, won: bool) -> Talk {
    let topics = if won { CARE } else { WOOING };
    let topic = &topics[rng.random_range(0..topics.len())];
    let met = format!("{}{}", pick(rng, WHO), surname(rng));
    let met = format!("{met}{}", if rng.random_ratio(1, 3) { "女士" } else { "先生" });
    let mut note = match (channel, rng.random_range(0..4)) {
        ("phone", _) => format!("与{name}{met}通电话，{}。", pick(rng, CALLING)),
        ("video", _) => format!("与{name}{met}视频，{}。", pick(rng, CALLING)),
        ("forum", _) => format!("在业委会论坛上遇到{name}{met}，{}。", pick(rng, OPENING)),
        (_, 0) => format!("在{name}{}，见到{met}。", pick(rng, WHERE)),
        (_, 1) => format!("提前三分钟到{name}{}，{met}已在等候。", pick(rng, WHERE)),
        (_, 2) => format!("{met}约在{}，谈了{name}的情况。", pick(rng, WHERE)),
        _ => format!("走访{name}，见到{met}，{}。", pick(rng, OPENING)),
    };
    note.push_str(pick(rng, topic.said));
    note.push_str(pick(rng, if won { CONTENT } else { REPLY }));
    if rng.random_ratio(1, 2) {
        note.push_str(pick(rng, ASIDE));
    }
    Talk { purpose: topic.purpose, met, note, next_step: pick(rng, topic.next) }
}

/// Why a visit is withdrawn.
pub(super) fn withdrawal(rng: &mut ChaCha8Rng) -> &'static str {
    pick(rng, &["记错小区，已另行登记", "与同事重复登记", "对方临时改期，没有见到", "时间记错，重新登记"])
}

/// One of a list; the lists here are never empty.
fn pick(rng: &mut ChaCha8Rng, list: &[&'static str]) -> &'static str {
    list.choose(rng).copied().unwrap_or_default()
}

const WHO: &[&str] = &[
    "业委会主任",
    "业委会副主任",
    "业委会委员",
    "业委会秘书",
    "筹备组组长",
    "物业经理",
    "楼组长",
    "业主代表",
    "业委会财务委员",
    "业委会联盟联络人",
];

const WHERE: &[&str] = &[
    "业委会办公室",
    "物业办公室",
    "小区门口",
    "社区活动室",
    "会所一楼",
    "居民活动中心",
    "小区花园",
    "街边茶馆",
    "老年活动室",
    "售楼处旧址",
    "社区图书室",
];

const OPENING: &[&str] = &[
    "寒暄几句后直接说明来意",
    "先递名片，感谢对方接待",
    "聊了小区绿化，找到共同话题",
    "事先约好，坐下来谈了半个多小时",
    "对方很忙，边走边谈",
    "先问了上次提的事，再谈新的",
    "对方叫来另一位委员一起听",
    "把准备好的材料逐页讲了一遍",
];

const CALLING: &[&str] = &[
    "先问是否方便，再说明来意",
    "接着上次的话题谈",
    "对方白天上班，约在午休时间",
    "核对了上次记下的几件事",
    "对方正好有空，谈得较细",
    "先感谢对方上次接待",
];

const WOOING: &[Topic] = &[
    Topic {
        purpose: "了解维修资金归集情况",
        said: &[
            "维修资金按房款的2%归集，多年没有动用，目前仍在专户。",
            "初步核对了户数和房价，维修资金比我们原来估计的要多。",
            "资金已有十年没有动用，委员们最关心利息和安全。",
            "对方说还有一百多户没有交齐，正在催缴。",
        ],
        next: &["整理资金测算表再上门", "请产品经理一起核对资金规模", "查清专户到期时间"],
    },
    Topic {
        purpose: "介绍维修资金专户方案",
        said: &[
            "送去一户一策的服务方案，讲了资金安全、规范运作、服务配套三点。",
            "对方把我们的方案与另外两家银行逐条比较，问得很细。",
            "主要讲了双印鉴管理和每季对账，对方当场做了笔记。",
            "方案里的网银查询最受欢迎，支取流程还要再简化。",
        ],
        next: &["修改方案，周五前送到", "约支行行长一同拜访", "带样本合同请委员会讨论"],
    },
    Topic {
        purpose: "解决业主维修资金查询难",
        said: &[
            "业主抱怨维修资金查询不到，打电话也没人答复。",
            "演示了用自助机和电话银行做维修资金查询，老人也能学会。",
            "有业主投诉查不到余额，我们记下户号，答应二十四小时内答复。",
            "对方希望把维修资金查询结果贴在公告栏，每季更新一次。",
        ],
        next: &["二十四小时内答复查询结果", "联系总行开通电话查询", "做一张查询步骤的说明"],
    },
    Topic {
        purpose: "协助业委会选举",
        said: &[
            "小区正在换届，我们答应帮助印制选票并派两个人协助回收。",
            "选票已经印好送到，共一千二百张，周末上门分发。",
            "帮忙整理了选票，投票率刚过一半，结果下周公示。",
            "筹备组缺人手，我们两位同事周末来帮助核对选票。",
        ],
        next: &["周末派两人帮助回收选票", "印制选票和公示材料", "选举结果公示后登门祝贺"],
    },
    Topic {
        purpose: "社区共建活动",
        said: &[
            "谈妥周末在广场演一场木偶戏，由我行出面请剧团。",
            "木偶戏来了两百多位家长和孩子，现场登记了三十多户。",
            "对方想请剧团来演木偶戏，场地由物业解决。",
            "看到门口座椅破损，提出赠送两把带行徽的遮阳伞和一块公告栏。",
            "遮阳伞已经装好，老人们坐在下面乘凉，委员们很满意。",
        ],
        next: &["确定木偶戏的日期和场地", "申请遮阳伞和公告栏的费用", "活动前一天再确认人手"],
    },
    Topic {
        purpose: "安装自助缴费机",
        said: &[
            "小区较远，业主缴费要坐车，提出免费装一台自助缴费机。",
            "和物业一起看了缴费机的位置，电源和网络都没有问题。",
            "缴费机试用了三天，物业费和水电费都能交，排队少了。",
            "对方担心缴费机的维护，我们答应坏了当天来修。",
        ],
        next: &["请设备部门现场勘察", "确定缴费机安装日期", "写一份缴费机维护承诺"],
    },
    Topic {
        purpose: "邀请参加业委会论坛",
        said: &[
            "邀请参加下月的业委会论坛，由我行提供会场和茶点。",
            "论坛主题定为维修资金怎么管，对方愿意上台讲自己的经验。",
            "对方听过我们在业委会论坛上的讲座，约了单独谈。",
            "联盟里有二十多个小区，对方愿意在论坛上帮我们引见。",
        ],
        next: &["寄送论坛请柬", "请联盟秘书长引见其他小区", "准备论坛上的专题讲座"],
    },
    Topic {
        purpose: "了解同业竞争情况",
        said: &[
            "另一家银行上周也来过，承诺赞助小区健身器材。",
            "目前开户行离小区只有两百米，但对账一直不及时。",
            "对手的网点多，但没有专人负责，换了三任客户经理。",
            "对方透露已有三家银行递交方案，月底开会投票。",
        ],
        next: &["补充同业对比材料", "月底开会前再见两位委员", "请支行行长出面拜访"],
    },
    Topic {
        purpose: "业主大会前沟通",
        said: &[
            "业主大会定在下周六，更换开户行是第三项议题。",
            "五位委员里三位表示支持，另外两位还要再做工作。",
            "对方请我们在大会上用十分钟介绍方案，只讲要点。",
            "居委会没有表决权，主任提醒我们把精力放在委员身上。",
        ],
        next: &["准备十分钟的大会发言", "周末分别拜访两位委员", "打印方案五十份带到会场"],
    },
];

const CARE: &[Topic] = &[
    Topic {
        purpose: "开户后回访",
        said: &[
            "送去本季对账单，逐笔核对了维修资金的收支。",
            "电梯大修要动用维修资金，帮助准备了支取材料。",
            "公告栏里贴出了维修资金查询的办法，业主反应不错。",
        ],
        next: &["下季度初送对账单", "跟进电梯大修的支取手续", "三天后电话回访"],
    },
    Topic {
        purpose: "现场办卡与理财讲座",
        said: &[
            "周末在活动室摆台办卡，遮阳伞下排起了队。",
            "办了一场理财讲座，来了四十多位业主，讲得不深，问得很多。",
            "给老人讲了防骗知识，顺带介绍了稳健型理财产品。",
        ],
        next: &["一周内把卡送到业主手里", "给有意向的业主逐户打电话", "下月再办一场讲座"],
    },
    Topic {
        purpose: "处理业主意见",
        said: &[
            "有业主反映缴费机吞卡，当场联系设备部门，下午修好。",
            "业主嫌短信提醒太多，帮助逐户做了调整。",
            "对方提出对账单字太小，已向总行反映并答应下季改版。",
        ],
        next: &["两天后复查是否解决", "把处理结果告诉业委会", "向总行反馈并约定答复时间"],
    },
];

const REPLY: &[&str] = &[
    "对方态度热情，表示可以考虑。",
    "对方比较谨慎，要等委员会开会再定。",
    "主任认可方案，但担心更换手续麻烦。",
    "对方只给了十分钟，没有表态。",
    "委员们意见不一，需要逐个拜访。",
    "对方说利率差不多，看重的是服务。",
    "对方要求书面承诺，答应回去准备。",
    "谈得很投机，对方主动留了联系方式。",
    "对方提了三个问题，有一个要请总行答复。",
    "对方平时上班，约好周末再细谈。",
    "对方明确说先不换银行，但欢迎常来。",
    "对方愿意把方案列入下次会议的议题。",
];

const CONTENT: &[&str] = &[
    "业委会很满意，说比原来的银行上心。",
    "对方答应把我们介绍给隔壁小区。",
    "委员们当面致谢，气氛很好。",
    "对方提了两点小意见，都已记下。",
    "业主口口相传，又有几户来问。",
    "主任说以后有事先找我们。",
];

const ASIDE: &[&str] = &[
    "物业管理规范，近两年没有纠纷。",
    "门口在修路，停车不便，下次坐地铁来。",
    "小区入住率约八成，年轻家庭多。",
    "发现同事也在跟进，回去对一下分工。",
    "楼下有一处空房，适合摆台。",
    "材料已留下一套，请转交其他委员。",
    "承诺的事都记在日志里，逐项落实。",
    "附近还有两个小区同属一家物业，可以一并联系。",
    "下雨天人少，正好能坐下来谈。",
    "老人多，宣传材料要用大字。",
];
