"""The words that give a sentence away: pointing back, pointing at something not there, ordering the reader about.

Patterns only, one for each sign, English and Chinese; `content.wholeness` says what they mean for a sentence.
They grew by reading what the writer made of real posts and real news, and are meant to be grown on.
"""

import re

from content.sentences import word_set

CONTACT = re.compile(
    r"https?:|www\.|[\w.+-]+@[\w-]+\.\w|(?<![\w.])@\w{2,}|#\w{3,}|"
    r"(?:\+\d{1,3}[\s.-]?)?\(?\d{3,4}\)?[\s.-]\d{3,4}[\s.-]\d{3,4}"
    r"|\b[\w-]+\.(?:com|org|net|gov|io|edu)/"
)
CODE = re.compile(
    r"</?\w+>|:\w+:|[{}<>\\|`$^~]{2,}|[{}\\`|]|\w\(\)|\$ \w|==|=>|::|\b\w+_\w+\b|(?<!\w)--\w|</|/\w+/\w+/|\w=\w|"
    r"\[\d+\]|\[[^\]]*\]\("
)
LISTING = re.compile(
    r"[•‣◦]|\s[*]\s|[:：]\s*[-–—]\s|(?:\b[\w-]+\.(?:gov|com|org|net)\b.*){4}|\.\.\.?\w|…[A-Z]|[a-z]{3}[.!?][A-Z][a-z]"
)
# ---- English ---------------------------------------------------------------------------------------------------------

DANGLING = re.compile(
    r"(?:this|that|that’s|these|those|it|it’s|its|they|they’re|their|them|he|he’s|she|she’s|his|her|him|such|so|thus|"
    r"however|but|and|or|nor|also|too|instead|otherwise|therefore|hence|still|yet|then|now|here|here’s|there|there’s|"
    r"moreover|furthermore|additionally|besides|meanwhile|nevertheless|nonetheless|similarly|likewise|consequently|"
    r"accordingly|rather|indeed|finally|lastly|first|firstly|second|secondly|third|thirdly|fourth|next|later|"
    r"afterwards?|eventually|ultimately|another|others?|both|neither|either|none|some|same|one|ones|once|ours|"
    r"luckily|fortunately|unfortunately|certainly|clearly|obviously|of course|in fact|in addition|in contrast|"
    r"in short|in turn|in summary|in conclusion|in other words|in particular|in this|in that|in these|in those|"
    r"in a nutshell|in essence|in response(?! to)|bottom line|namely|together(?=,)|"
    r"as a result|as such|as mentioned|as noted|as described|as discussed|as you|as we|like we|as i|"
    r"as \w+ (?:said|says|put|puts|noted|notes|wrote|writes)|as with|as for|"
    r"for example|for instance|for more|for this|for that|for these|for those|for now|for one|on the other|"
    r"on top of|at the same|at that|at this|at least|after that|after this|after all|by contrast|by the way|"
    r"by this|by that|to this|to that|to do this|to do so|with this|with that|with these|with those|"
    r"from there|from this|from these|until then|since then|until now|even so|even then|even better|even more|"
    r"more importantly|more specifically|more recently|most importantly|not only|not surprisingly|perhaps|maybe|"
    r"again|anyway|well|yes|no|oh|okay|ok|sure|like this|which|who|whose|whom|plus|equally|conversely|"
    r"the (?:former|latter|other|others|same|above|following|rest|second|third|next|first|last|final|result|"
    r"resulting|answer|point|idea|reason|difference|goal|problem|good news|bad news|key)|"
    r"all (?:of )?(?:this|that|these|those)|all (?:told|in all)|each of (?:these|those|them)|"
    r"(?:one|some|many|most|several|two|three|four|five|few|all|any|none|part|much) of (?:these|those|them|this|"
    r"that|it|the)|"
    r"what’s more|that is|that said|that being|given this|given that|given these|because of|due to this|"
    r"specifically|essentially|basically|overall|initially|originally|previously|subsequently|simply put|"
    r"like (?:many|most|any|all)|to (?:recap|be (?:clear|fair|sure|honest)|put it|that end|those ends|start|begin|"
    r"illustrate)|"
    r"no matter|regardless|aside from|other than|in keeping|in the same|along the way|in the (?:end|meantime|"
    r"beginning|process))\b",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(
    r"\b(?:pictured|photo(?:graph)?s?\b[: ]|image (?:above|below|courtesy|credit)|(?:shown|seen|see|listed|described|"
    r"mentioned|outlined|noted|linked|embedded|discussed|displayed|detailed|excerpted|quoted) (?:above|below|here|"
    r"earlier|previously|in the)"
    r"|(?:above|below|following|preceding|previous|earlier|last|next|first|second|third|this|these|our) "
    r"(?:image|picture|photo|figure|chart|graph|graphic|diagram|table|screenshot|video|gif|post|blog post|article|"
    r"section|series|example|list|quote|excerpt|link|map|paragraph|step|slide|page|interview|conversation|"
    r"installment)s?\b"
    r"|(?:the|a|in) (?:image|picture|photo|figure|chart|graph|graphic|diagram|screenshot|video|slides?|"
    r"table) (?:below|above|shows?|here)"
    r"|as the (?:chart|graph|map|figure|table|diagram|picture|video) shows?|the following|what follows|as follows|"
    r"(?:figure|fig\.|table|exhibit|appendix) \d|to the (?:left|right)\b|in the (?:video|slides?|photo|picture|"
    r"image|screenshot)|"
    r"watch (?:the|this|our|a)\b|screenshots? of|(?:is|are|found|available|written|posted|located) (?:below|above|"
    r"here)\b|"
    r"(?:below|above)\s*[,.;:)]|click|tap here|read (?:more|on|the|about|our|part)|learn more|find out more|"
    r"full (?:story|post|text)|"
    r"check (?:it )?out|stay tuned|subscribe|sign up|signing up|rsvp|register (?:here|now|for)|share this|"
    r"follow us|follow along|"
    r"(?:is|are|[’']re) hiring|apply (?:now|today|here|to join)|join (?:us|our)|contact us|e-?mail us|"
    r"get in touch|let us know|"
    r"drop us|reach out to (?:us|me)|all rights reserved|copyright|©|cookies?\b|privacy policy|comments? section|"
    r"leave a comment|Slack channel|chat with (?:us|the team)|"
    r"opens in a new|originally (?:published|posted|appeared)|cross-?posted|guest post|"
    r"(?:this|blog|\w+[’']s|earlier|recent|previous|last|first|another) (?:blog )?post\b|table of contents|"
    r"blog series|blog post|"
    r"(?:part|post) (?:one|two|three|four|\d) (?:of|in)|newsletter|mailing list|hashtag|faqs?\b|slide deck|"
    r"tune in|(?:mini|multi-?part |four-part )-?series|you[’']re reading|on our (?:website|site|page|"
    r"blog)|"
    r"(?:any|your|provide|give|send|share|leave|have|more|welcome|appreciate) (?:feedback|questions|comments|"
    r"suggestions)|feel free|"
    r"open(?:ing)? (?:an? )?(?:new )?issue|fil(?:e|ing) an? (?:GitHub )?issue|pull requests?|(?:on|in) (?:our|the|"
    r"its|their) GitHub|"
    r"we (?:wrote|blogged|posted|talked) about\b|we (?:shared|explored|discussed|looked at|covered|explained|described|"
    r"detailed|outlined|showed) (?:what|how|why|when|whether|some of)\b|"
    r"\b(?:we|I)(?:[’']ll| will| want to| wanted to|[’']re going to| are going to|[’']d like to) (?:be )?"
    r"(?:detail|discuss|describe|explain|outline|walk|talk about|talking about|look at|take a look|dive|"
    r"share (?:what|how|why|some|more)|sharing|blog|blogging|write|writing|post|posting|highlight)\b|"
    r"\bwe(?:[’']re| are) (?:highlighting|spotlighting|featuring|sharing (?:what|how|why|some|more))\b|"
    r"(?:of|in|to|throughout) (?:the|this|our) series\b|"
    r"(?:wrote|written|blogged|posted|talked|discussed|mentioned|described|announced|shared|"
    r"reported)(?: [\w’]+){0,3} "
    r"(?:previously|before|earlier|last week|last month)\b|"
    r"(?:previously|already) (?:wrote|written|blogged|posted|discussed|mentioned))",
    re.IGNORECASE,
)
IMPERATIVE = re.compile(
    r"(?:.*, please\b|please|initiate|don[’']t|do not|let|let[’']s|make|use|read|see|look|check|visit|go|take|"
    r"keep|consider|imagine|"
    r"remember|note|try|think|start|stop|find|learn|watch|listen|click|download|ask|tell|get|give|put|be|avoid|"
    r"ensure|"
    r"create|add|choose|write|share|send|follow|join|meet|stay|say|help|run|type|set|include|enter|select|"
    r"open(?! (?:source|data|access|government|standards?)\b)|(?:always|never|just|simply) (?!before|in\b|has|had|have)"
    r"[a-z]+ (?:an?|the|your|our|their|it|them|to|for|with)|"
    r"identify|provide|define|establish|determine|allow|encourage|focus|test|build|know|enjoy|thank|thanks|welcome|"
    r"strive|delete|remove|bring|acknowledge|prepare|invite|explain|describe|prioriti[sz]e|celebrate|embrace|assume|accept|"
    r"recogni[sz]e|prevent|reduce|evaluate|assess|clarify|organi[sz]e|manage|engage|involve|conduct|gather|collect|adopt|"
    r"congratulations|hello|hi|dear|suppose|picture|gone|needless|want|need|interested|curious|ready|looking)\b"
    r"|(?:hold|value|schedule|time|plan|break|work|limit|develop|treat|pick|offer|document|review|reach|talk|speak|show|"
    r"assign|agree|expect|leverage|measure|track|capture|record|practi[cs]e|publish|update|"
    r"move|turn|leave|save|pay|call|lead|lean|apply|"
    r"design|check|spend|state|list|name|place|map|mark|draft|draw|point|answer|push|pull|press|cut|drop) "
    r"(?:an?|the|your|our|their|its|it|them|what|how|who|all|any|each|every|some|sure|up|out|to|on|with|for|"
    r"people|users|yourself)\b",
    re.IGNORECASE,
)
# "If a section is of no use, delete it": verbs that are never nouns, so that nothing else can stand there.
ORDERING = re.compile(
    r"(?:If|When|Whenever|Once|Before|After|To|For)\b[^,]{3,90}, (?:please|don[’']t|do not|let|make|read|see|go|take|"
    r"keep|consider|imagine|remember|try|find|learn|listen|download|ask|tell|get|give|put|be|avoid|ensure|create|add|"
    r"choose|write|send|follow|join|include|enter|select|identify|provide|define|establish|determine|allow|encourage|build|delete|"
    r"remove|bring)\b"
)
# "As a list of tips for the team.", "Completed a sprint with the agency.": a heading's other half, an item of a list.
# Also the verbs that are as short in the past as anything else: "Held weekly sessions for the agencies."
SUBJECTLESS = re.compile(
    r"As an? [^,]*$|[A-Z][a-z]{2,}ed (?:an?|the|our|their|its|over|more|nearly|\d+)\b[^,]*$|"
    r"(?:Held|Ran|Wrote|Gave|Began|Taught|Continue \w+ing) (?!by\b|in\b|on\b|at\b|to\b|from\b|for\b|with\b)[^,]*$"
)
# "Good design is hard.", "We’re thrilled to see it.": true of anything, or of the writer's feelings and no news.
PLATITUDE = re.compile(
    r"\b(?:is|are|can be|isn’t|aren’t) (?:(?:not|very|really|so|quite|always|often|never) )?(?:hard|easy|difficult|"
    r"important|essential|critical|key|tricky|challenging|complicated|complex|nothing new|(?:a )?new(?: phenomenon)?)"
    r"\.$"
    r"|^(?:We|Our team)(?:’re| are| is)(?: \w+)? (?:excited|thrilled|proud|delighted|happy|pleased|glad|grateful)\b"
    r"|\b(?:our|many|special|big) thanks\b|\bcongratulations\b"
)
MYSELF = re.compile(
    r"(?:^|(?:^|\s)[a-z][\w’'-]* |[,;:—–(] ?)I(?:[’'](?:m|ve|d|ll))? (?=[a-z])|^My\b|\b(?:my|me|myself)\b"
    r"|我(?![们国市县校院省区方军])"
)
# "this summer", "these past weeks": words that point at a time and at no sentence, without their "this".
_TIME = (
    r" (?:(?:past|coming|last) )?(?:year|week|month|spring|summer|fall|autumn|winter|"
    r"morning|afternoon|evening|weekend|season|decade|century|time|January|February|March|April|May|June|July|August|"
    r"September|October|November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
)
THIS_TIME = re.compile(rf"\b(?:this|these){_TIME}", re.IGNORECASE)
POINTING_EARLY = re.compile(
    rf"(?:[\w’.-]+ ){{0,4}}?(?:(?:this|these)\b(?!{_TIME})|such\b(?! as\b)"
    r"|those\b(?! (?:who|in|with|of|whose|that|from|at|on)\b)|(?:why|how|so|doing so|it|them|that),)",
    re.IGNORECASE,
)
CONNECTING = re.compile(
    r",? (?:on the other hand|however|though|therefore|in turn|by contrast|in contrast|for example|for instance|"
    r"then|instead|meanwhile|similarly|likewise|moreover|of course),"
    r"|^(?:[\w’.-]+ ){1,6}?(?:of|to|towards?|for|with|from|by|on|at) that [a-z]"
    r"|^[A-Z]\w+ing\b[^,]{3,70}, (?:they|it|he|she)\b"
    r"|[,;—] (?:this|these) (?:is|are|was|were|has|have|had|will|would|can|could|may|might|means|meant|allows|"
    r"made|led)\b"
    r"|, (?:however|though|too|for example|for instance|then|instead|respectively|by contrast|in turn)\.$|"
    r"\b(?:as a result|(?:in )?the same (?:way|manner))\.$|, (?:this|these) [“\"]|"
    r"\b(?:ways?|steps?|methods?|process|approach|manner|criteria) described[,.]|"
    # "Last Friday, it received …": a date gives a pronoun nothing to point at, unless it says what time it is.
    r"^(?:Last|Early|Earlier|Late|On|In|By|Since|Until|Over|During|Within|At) (?:[\w’-]+ ){0,5}?"
    r"(?:years?|months?|weeks?|days?|\w+day|weekend|spring|summer|fall|autumn|winter|\d{1,4}|January|February|March|"
    r"April|May|June|July|August|September|October|November|December), "
    r"(?:they|he|she|it (?!is|was|will|became|seemed|took|takes|has been|had been))|"
    r"\b(?:people|someone|folks|users|citizens) like [A-Z][a-z]+[.,]|"
    r"\bthe (?:two|three|four) (?:approaches|groups|sides|methods|teams|things|concepts|ideas|options|reasons)\b",
    re.IGNORECASE,
)
# "Dr. Barry: ", "JS and NF: ", "2007: ", "1:00 p.m.: ": a label, not the start of a sentence; or said to a guest.
TURN = re.compile(r"(?:[\w.’/&:-]+,? ){0,3}[\w.’/-]+ ?: |You(?:[’']ve| have)? \w+ed\b")
# Words that can stand before a pronoun without giving it anything to point at.
EMPTY = word_set(
    "when while if as after before since because although though until once by with without through in on at of for "
    "to from under over about into like unlike despite besides beyond during doing using making taking having being "
    "part most many some all each one both more much just even only now often always sometimes what how why where "
    "whether not given based according and but or so also because rather than instead what's who the both a an "
    "thanks due together alongside along across behind between among is are was were do does did can could will "
    "would "
    "getting working building looking giving keeping seeing knowing putting considering addressing"
)
POINTING = word_set(
    "it its they them their theirs he him his she her hers this these those that such it’s they’re he’s she’s "
    "they’ve it’ll they’ll they’d that’s there"
)
SUBORDINATE = word_set(
    "who that which whose they we you it he she i to and or can will may must could would should not also be been have "
    "has are is they’re help"
)
FINITE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|cannot|could|may|might|must|should|shall|"
    r"said|says|made|built|took|went|gave|found|held|met|won|lost|led|left|kept|began|became|grew|wrote|told|spent|"
    r"sent|set|put|ran|saw|brought|got|came|chose|cut|drew|fell|felt|hit|knew|paid|rose|sold|spoke|stood|taught|"
    r"thought|"
    r"wore|let|read|shut|cost|broke|bought|caught|dealt|drove|fought|heard|hurt|laid|meant|sat|sought|struck|threw|"
    r"understood|withdrew|split|spread|overcame|"
    r"(?:need|want|make|take|give|help|work|use|provide|allow|include|mean|offer|believe|think|know|find|show|bring|"
    r"come|go|get|become|keep|let|look|seem|feel|say|ask|tell|try|start|begin|plan|expect|hope|continue|remain|"
    r"require|"
    r"involve|depend|serve|support|create|build|lead|run|open|close|reopen|move|turn|play|write|learn|see|hold|meet|"
    r"focus|exist|apply|happen|live|like|love|agree|call|stand|sit|cover|contain|represent|reduce|improve|increase|"
    r"enable|ensure|encourage|rely|face|share|follow|change|add|cost|pay|join|launch|return|arrive|leave|carry|"
    r"describe|explain|publish|release|announce|report|deliver|develop|design|test|save|spend|receive|replace)s?"
    r"|[a-z]{2,}(?:ed|ifies|plies|shes|[ai]tes|[iy][sz]es|[ae]rses|ishes)|\w+(?:n[’']t|[’'](?:re|ve|ll|d|m))|"
    r"it[’']s|there[’']s|that[’']s|what[’']s)\b"
)

# ---- Chinese ---------------------------------------------------------------------------------------------------------

DANGLING_HAN = re.compile(
    r"(?:他|她|它|这|那|此|该|其|但|可是|然而|不过|而|因此|所以|因而|于是|此外|另外|同时|另|并且|而且|并|也|又|还|"
    r"再|以及|其中|其次|首先|最后|随后|然后|接着|后来|之后|当时|对此|据此|为此|与此|除此|总之|总而言之|例如|比如|譬如|"
    r"换句话说|也就是说|事实上|实际上|当然|如上|如前|上述|前者|后者|两者|双方|以上|以下|即便如此|尽管如此|相反|反之|"
    r"第[一二三四五六七八九十]|其实|由此|由于这|有鉴于|从而|却|则|若|与之|相比之下|据介绍|据了解|值得注意|虽然如此|"
    r"[一二三四五六七八九十]是)"
)
ELSEWHERE_HAN = re.compile(
    r"[图表][0-9一二三四五六七八九十]|[上下左右]图|图[为中片]|如[上下图表]|见[上下图表]|[（(]图|视频|截图|照片|点击|扫码|二维码|关注我们|订阅|"
    r"转发|分享到|阅读(?:全文|原文|更多)|查看更多|版权所有|未经授权|转载|联系我们|招聘|欢迎(?:投稿|留言|关注|报名|订阅)|"
    r"本文|上文|下文|前文|记者[：:]|编辑[：:]|责编|来源[：:]|作者[：:]|摄影|客服|热线|微信|公众号"
)
