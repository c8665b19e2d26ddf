"""A small English lexicon: what citizens write about in English, as the Chinese word that the lexicons know.

Not a translation: word for word, in the order of the English, enough to tell what is asked of whom. A row is the
Chinese, then the English words for it, parted by a bar; longer English goes before shorter. Words for nothing stand in
``SILENT``.
"""

GLOSSES = """
路灯 | street light | street lights | streetlight | streetlights | street lamp | street lamps | road lamp | lamp post | lamppost
井盖 | manhole cover | manhole covers | manhole
电梯 | elevator | elevators | lift | lifts
垃圾 | garbage | trash | rubbish | litter | waste
垃圾桶 | garbage bin | trash bin | bins | dustbin | garbage bins
噪音 | noise | noisy | loud music
很吵 | too loud | very loud | loud
施工 | construction | construction work | drilling
工地 | construction site | building site | building sites
施工工人 | workers | worker
污水 | sewage | waste water | wastewater
下水道 | drain | drains | sewer | sewers
臭味 | smell | smells | stinks | stink | bad smell | odor | odour | smelly
停水 | no water | water outage | without water | water is off | water has been cut
停电 | power outage | no power | no electricity | blackout | without power
自来水 | tap water | running water | water supply
暖气 | heating | radiator | central heating
道路 | road | roads | street | streets | highway
人行道 | sidewalk | sidewalks | pavement | footpath
坑 | pothole | potholes | hole | holes
公交车 | bus | buses | bus line
地铁 | subway | metro
公园 | park | parks
停车 | parking | parked | park their cars | parked cars
堵塞 | blocked | blocking | blocks | clogged
红绿灯 | traffic light | traffic lights | traffic signal
学校 | school | schools | kindergarten
医院 | hospital | hospitals | clinic
食堂 | canteen | cafeteria
物业 | property management | property company | property manager
小区 | residential compound | residential community | compound | neighbourhood | neighborhood | community | estate
邻居 | neighbor | neighbors | neighbour | neighbours
商家 | shop | store | seller | merchant | restaurant | landlord | agency
假货 | fake | fake goods | counterfeit
退款 | refund | refunds | money back | deposit back
押金 | deposit
工资 | salary | wages | wage | unpaid wages | pay
拖欠 | unpaid | owes me | owe me | not paid | has not paid | have not been paid | hasn't paid
老板 | boss | employer | company | contractor
坏了 | broken | is out | are out | has been out | have been out | out of order | not working | doesn't work | does not work | damaged | is down | stopped working | is dark | been dark | went out
没人管 | nobody cares | no one cares | nobody came | no one came | no one has come | nothing was done
投诉 | complain | complaint | complain about | complaining
请帮忙 | please help | help us | i need help
请 | please | kindly | could you please | can you please | would you please
修理 | repair | fix | fixed | repaired | mend
处理 | deal with | handle | look into | do something | take care of | take action | solve | help us
检查 | check | inspect | inspection | investigate
建议 | suggest | suggestion | i propose | recommend | it would be nice | would be great | should build | should add
增加 | add | install | more
感谢 | thank the | thanks to the | i want to thank | grateful | praise
表扬 | commend
请问 | i would like to know | i want to ask | may i ask | could you tell me | can you tell me | i'd like to know | question about
怎么 | how do i | how can i | how to | how
在哪里 | where can i | where do i | where
什么 | what | which
什么材料 | what documents | which documents | documents needed | documents are needed | documents do i need | papers do i need
什么时候 | when | opening hours | what time | office hours
办理 | apply for | apply | application | handle my | get a | renew
居留许可 | residence permit
居住证明 | residence certificate | proof of residence
到期 | expire | expires | will expire | expiring | expired
延期 | extend | extension | extending | renewal
社保卡 | social security card | social insurance card
公积金 | housing fund | provident fund
公租房 | public rental housing
签证 | visa
护照 | passport
法院 | court | courts
法官 | judge
判决 | verdict | ruling | judgment | judgement
改判 | overturn | reverse | change the verdict
不服 | disagree with | unfair | unjust | refuse to accept
上诉 | appeal
起诉 | sue | lawsuit
检察院 | procuratorate | prosecutor
仲裁 | arbitration
部队 | army | military
受贿 | bribe | bribes | bribery | corrupt | corruption
官员 | official | officials | officer
城管 | urban management | chengguan
警察 | police
政府 | government
市长 | mayor
着火了 | is on fire | are on fire | caught fire | on fire | a fire broke out | fire broke out | is burning | house fire | building fire | fire in the | fire at | there is a fire | there's a fire | a fire
浓烟 | thick smoke | smoke | heavy smoke
煤气味 | smell gas | smell of gas | gas smell | smells like gas | smells of gas
燃气泄漏 | gas leak | gas is leaking | leaking gas | gas leaking
爆炸了 | exploded | explosion | blew up
救命 | help me | help us now | help! | save us | sos | emergency | come quickly | come quick | hurry
被困 | trapped | stuck inside | stuck in the | locked inside
没有呼吸 | not breathing | isn't breathing | stopped breathing | no pulse | can't breathe | cannot breathe
昏迷 | unconscious | collapsed on the floor | collapsed and | passed out | fainted
大出血 | bleeding heavily | bleeding badly | is bleeding
走失了 | is missing | went missing | has disappeared | is lost | got lost | can't find my
孩子 | child | kid | kids | children | son | daughter | baby | boy | girl | students
老人 | elderly | old man | old woman | grandmother | grandfather | grandpa | grandma
父亲 | father | dad
母亲 | mother | mom | mum
妻子 | wife
丈夫 | husband
自杀 | kill myself | suicide | end my life | take my own life | want to die | end it all
不想活 | don't want to live | do not want to live | no reason to live
跳楼 | jump off the building | jump from the roof | jump off
炸弹 | bomb
炸了 | blow up
杀人 | kill you | kill him | kill her | kill them | kill everyone | murder
烧了 | burn down | burn it down | set fire to
持刀 | with a knife | has a knife | a man with a knife | knife
打人 | beating | is attacking | are fighting | fighting | hitting
电线 | power line | power lines | electric wire | wire | cable
火花 | sparks | sparking
垂下来 | hanging down | fell down | has fallen | fallen
洪水 | flood | flooding
塌了 | collapsed | collapse
落水 | drowning | fell into the river | fell in the river
去年 | last year | years ago
上个月 | last month | last week
现在 | now | right now | at the moment | currently
今天 | today | tonight
昨天 | yesterday
已经 | already
没有 | no | not | never | isn't | wasn't | aren't | don't | doesn't | do not | does not | did not | didn't
不是 | this is not | is not an | it is not
害怕 | afraid | worried | worry | fear | in case | might | could cause | may cause | risk of
没人受伤 | nobody was hurt | no one was hurt | nobody got hurt | no one is hurt
年 | year | years
月 | month | months
周 | week | weeks
天 | day | days
小时 | hour | hours
晚上 | at night | night | nights | midnight | late at night
每天 | every day | daily | every night | all day
旁边 | next to | beside | near
对面 | opposite | across from
外面 | outside | in front of
我 | i | me | my | i'm | i am | i have
我们 | we | our | us
他 | he | his | him | she | her
有 | have | has | there is | there are
在 | at | in | on
路 | rd | rd. | avenue | ave | ave. | lane
号 | no. | number | number.
区 | district
栋 | block | building
钱 | money
车 | car | cars | truck | trucks
摊贩 | street vendors | vendors | stalls | vendor
狗 | dog | dogs
跳舞 | dancing
吵 | karaoke
脏 | dirty | filthy
危险 | dangerous | danger | unsafe
你好 | hello | hi | dear sir | dear mayor | dear sir or madam | good morning | good afternoon
谢谢 | thanks | thank you | many thanks | best regards | regards | sincerely
还没 | still not | still no | still has not | still hasn't
催 | follow up | following up | reported last | i reported
又 | again
"""

SILENT = "next will would do does did am shall the a an is are was were been be being of for to that this these those it its and but with by from so very really just too"


def rows() -> dict[str, str]:
    """From English, in small letters, to the Chinese gloss; the empty gloss for words that say nothing here."""
    glossed = dict.fromkeys(SILENT.split(), "")
    for row in GLOSSES.strip().splitlines():
        chinese, *english = (cell.strip() for cell in row.split("|"))
        for words in english:
            glossed.setdefault(words, chinese)
    return glossed
