"""What customers and agents write in chats: a stock of sentences in both languages.

``{number}``, ``{email}``, ``{card}`` and ``{identity}`` stand for identifiers of the customer, ``{order}`` for an
order's number. The texts of activities are those that the chat system writes itself.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.centre import Language


class Phrases(NamedTuple):
    """The stock of one language; ``openings`` by topic."""

    openings: dict[str, tuple[str, ...]]
    questions: tuple[str, ...]
    identifiers: tuple[str, ...]
    greetings: tuple[str, ...]
    answers: tuple[str, ...]
    curt: tuple[str, ...]
    thanks: tuple[str, ...]
    farewells: tuple[str, ...]
    again: tuple[str, ...]
    notes: tuple[str, ...]
    praise: tuple[str, ...]
    complaint: tuple[str, ...]
    welcome: str
    bot_greeting: str
    bot_handover: str
    bot_answer: str
    survey: str
    opened_by_bot: str
    assigned: str
    resolved: str
    resolved_by_system: str
    reopened: str


CHINESE = Phrases(
    openings={
        "logistics": (
            "你好，我的快递三天没更新了，能帮我查一下吗？",
            "订单{order}怎么还没发货？",
            "包裹显示已签收，可是我没有收到。",
            "请问可以改一下收货地址吗？",
            "什么时候能送到？我周末不在家。",
            "物流信息一直停在成都转运中心。",
        ),
        "refund": (
            "我申请的退款什么时候到账？",
            "收到的商品有破损，我要退货。",
            "订单{order}退款金额不对。",
            "退货的运费谁来承担？",
            "我昨天取消了订单，钱还没退回来。",
            "换货要多久？尺码不合适。",
        ),
        "invoice": (
            "麻烦开一张电子发票。",
            "发票抬头写错了，可以重开吗？",
            "这个月的账单比上个月多了很多，为什么？",
            "自动续费怎么关掉？被扣了两次。",
            "能把发票发到邮箱吗？",
        ),
        "account": (
            "我登录不上账号，一直提示密码错误。",
            "换了手机号，怎么修改绑定？",
            "验证码收不到。",
            "会员积分怎么少了？",
            "账号被锁定了，帮我解锁一下。",
        ),
        "sales": (
            "这款还有货吗？",
            "现在下单有什么优惠？",
            "请问两个套餐有什么区别？",
            "可以分期付款吗？",
            "企业采购怎么报价？",
            "支持上门安装吗？",
        ),
    },
    questions=(
        "好的，大概要等多久？",
        "那我需要提供什么材料？",
        "可以今天处理完吗？",
        "我在页面上没有找到这个按钮。",
        "之前的客服说的不是这样。",
        "能不能帮我加急？",
        "嗯嗯，我看一下。",
        "还是不行，提示系统繁忙。",
        "那运费呢？",
        "好，我试试。",
        "如果超时了怎么办？",
        "这个活动到哪天结束？",
        "我已经重新提交了。",
        "图片我刚刚上传了。",
        "这个规则在哪里能看到？",
    ),
    identifiers=(
        "我的手机号是{number}。",
        "您打这个电话联系我：{number}",
        "邮箱是{email}，发到这里就行。",
        "我换号了，新号码{number}，邮箱还是{email}。",
        "银行卡号{card}，退到这张卡。",
        "身份证号{identity}，麻烦核实一下。",
    ),
    greetings=(
        "您好，很高兴为您服务，请问有什么可以帮您？",
        "您好，我来帮您查询，请稍等。",
        "您好，让您久等了，我看一下您的情况。",
        "您好呀，您的问题我已经看到了，马上为您核实。",
    ),
    answers=(
        "已经帮您查询到订单，目前在途中，预计明天送达。",
        "麻烦提供一下订单号和收货人的手机号，我核实一下。",
        "退款一般三到五个工作日原路退回，请您留意。",
        "已为您提交加急申请，专员会在两小时内联系您。",
        "您可以在“我的—设置—账号安全”里修改。",
        "请您清除缓存后重新登录试试。",
        "电子发票已经重新开具，稍后会发送到您的邮箱。",
        "这边看到是活动价格调整，差额可以为您申请补偿。",
        "非常抱歉给您带来不便，我马上为您登记。",
        "两个套餐的区别主要在流量和通话时长。",
        "支持三期、六期和十二期分期，没有手续费。",
        "请问商品的包装还在吗？可以拍照给我看一下。",
        "好的，已经帮您修改地址，请核对。",
        "系统显示仓库正在打包，今晚会发出。",
        "我和仓库确认过了，可以为您补发一件。",
        "积分到期会自动清零，我帮您查一下明细。",
    ),
    curt=(
        "刚才不是跟您说过了吗？",
        "急什么，正在查。",
        "这个办不了。",
        "我不清楚。",
        "这不归我管，您问别的部门吧。",
        "是您自己没看清楚规则。",
        "您爱投诉就投诉去。",
        "您脑子有问题吧？",
    ),
    thanks=("好的，谢谢！", "明白了，谢谢你。", "可以了，非常感谢。", "嗯，没别的问题了。", "谢谢，服务很好。"),
    farewells=(
        "不客气，祝您生活愉快，再见！",
        "感谢您的咨询，有问题随时联系我们。",
        "好的，稍后请您对本次服务做个评价，谢谢！",
    ),
    again=(
        "你好，昨天的问题还是没有解决。",
        "又出现同样的提示了，麻烦再看一下。",
        "退款还是没有到账。",
        "刚才忘了问，能改派送时间吗？",
    ),
    notes=(
        "客户情绪激动，注意安抚。",
        "已升级给物流专员，等回复。",
        "第二次来咨询同一订单。",
        "按补偿规则最多可赠二十元券。",
        "身份已核实。",
    ),
    praise=("很耐心", "解决得很快", "不错", "服务态度好", "满意"),
    complaint=("等太久了", "没有解决问题", "答非所问", "问题拖了好几天", "态度一般"),
    welcome="您好，欢迎咨询，客服马上为您服务。",
    bot_greeting="您好，我是智能客服小宝。您可以直接描述问题，或回复“人工”转人工客服。",
    bot_handover="正在为您转接人工客服，请稍候。",
    bot_answer="您可以在“我的订单”页面查看最新状态。如果还有疑问，请回复“人工”。",
    survey="请为本次会话评分",
    opened_by_bot="会话由 {bot} 转交人工并标记为打开",
    assigned="由 系统 分配给 {name}",
    resolved="{name} 将会话标记为已解决",
    resolved_by_system="由于 30 分钟没有活动，系统已将会话标记为已解决",
    reopened="由于收到新消息，系统重新打开了会话",
)

ENGLISH = Phrases(
    openings={
        "delivery": (
            "Hi, my parcel hasn't moved for three days. Could you look into it please?",
            "Order {order} still hasn't been dispatched.",
            "It says delivered but I've not received anything.",
            "Can I change the delivery address?",
            "When will my order arrive? I'm away at the weekend.",
            "The tracking has been stuck at the Trafford Park depot since Monday.",
        ),
        "refund": (
            "When will my refund come through?",
            "The item arrived damaged and I'd like to return it.",
            "The refund on order {order} is wrong.",
            "Who pays for the return postage?",
            "I cancelled yesterday and haven't been refunded.",
            "How long does an exchange take? Wrong size.",
        ),
        "billing": (
            "My bill is a lot higher than last month, why is that?",
            "I've been charged twice this month.",
            "Can you send me a copy of the invoice?",
            "How do I cancel my direct debit?",
            "There's a charge on my account I don't recognise.",
        ),
        "account": (
            "I can't log in, it keeps saying my password is wrong.",
            "I'm not getting the verification code.",
            "My account has been locked.",
            "How do I change the number on my account?",
            "My loyalty points have disappeared.",
        ),
        "sales": (
            "Is this one still in stock?",
            "Are there any offers on at the moment?",
            "What's the difference between the two plans?",
            "Can I pay in instalments?",
            "Do you do business pricing?",
            "Do you install it as well?",
        ),
    },
    questions=(
        "OK, how long will that take?",
        "What do you need from me?",
        "Can it be sorted today?",
        "I can't find that button on the page.",
        "That's not what I was told last time.",
        "Could you speed it up please?",
        "Bear with me, having a look.",
        "Still not working, it says try again later.",
        "And the postage?",
        "Right, I'll give it a go.",
        "What happens if it's late again?",
        "When does the offer end?",
        "I've submitted it again.",
        "I've just uploaded the photo.",
        "Where does it say that in the terms?",
    ),
    identifiers=(
        "My number is {number}.",
        "Can you ring me on {number} instead?",
        "The email on the account is {email}",
        "I've a new number, {number}, the email is still {email}.",
        "The card ending is wrong, it should be {card}.",
    ),
    greetings=(
        "Hello, you're through to the team, how can I help?",
        "Hi there, let me look into that for you.",
        "Thanks for waiting. I'm just reading through your message.",
        "Good to hear from you. I'll check that straight away.",
    ),
    answers=(
        "I've found the order, it's on its way and should be with you tomorrow.",
        "Could you confirm the order number and the postcode please?",
        "Refunds take three to five working days to reach your account.",
        "I've raised this as urgent and a colleague will be in touch within two hours.",
        "You can change that under Account, then Security.",
        "Please clear your cache and try again.",
        "I've re-issued the invoice, it will be in your inbox shortly.",
        "That was a price change on the offer. I can apply for the difference for you.",
        "I'm really sorry about that. Let me log it now.",
        "The main difference is the data and the minutes.",
        "You can spread it over three, six or twelve months at no cost.",
        "Do you still have the packaging? A photo would help.",
        "I've updated the address for you, please check it.",
        "The warehouse is packing it now and it goes out tonight.",
        "I've spoken to the warehouse and we can send a replacement.",
        "Points run out after a year, let me check the details.",
    ),
    curt=(
        "As I told you already, it takes five days.",
        "Please calm down.",
        "No, that's not possible.",
        "There's nothing I can do.",
        "That's not my department.",
        "You should have read the terms.",
        "Take it or leave it.",
        "Don't be ridiculous.",
    ),
    thanks=(
        "Great, thanks!",
        "That's sorted, thank you.",
        "Brilliant, cheers.",
        "OK, nothing else.",
        "Lovely, thanks.",
    ),
    farewells=(
        "You're welcome. Have a lovely day!",
        "Thanks for getting in touch. We're here if you need anything else.",
        "Glad I could help. We'd be grateful if you rated this chat.",
    ),
    again=(
        "Hi, this still isn't fixed I'm afraid.",
        "I'm getting the same message again.",
        "The refund still isn't here.",
        "Forgot to ask, can I move the delivery slot?",
    ),
    notes=(
        "Customer upset, handle with care.",
        "Escalated to the courier desk, awaiting reply.",
        "Second contact about the same order.",
        "Goodwill up to ten pounds is fine here.",
        "Identity checked.",
    ),
    praise=("Really patient", "Quick and helpful", "Good", "Lovely service", "Sorted first time"),
    complaint=("Waited far too long", "Didn't fix it", "Not what I asked", "Took days", "Bit abrupt"),
    welcome="Hello and welcome. Someone will be with you shortly.",
    bot_greeting="Hi, I'm Robin, a virtual assistant. Tell me what you need, or type agent to talk to a person.",
    bot_handover="I'm passing you to one of the team, one moment please.",
    bot_answer="You can see the latest status under My orders. Type agent if you need anything else.",
    survey="Please rate the conversation",
    opened_by_bot="Conversation was marked open by {bot}",
    assigned="Assigned to {name} by System",
    resolved="Conversation was marked resolved by {name}",
    resolved_by_system="Conversation was marked resolved by system due to 30 minutes of inactivity",
    reopened="System reopened the conversation due to a new incoming message.",
)

STOCK: dict[Language, Phrases] = {"zh": CHINESE, "en": ENGLISH}
