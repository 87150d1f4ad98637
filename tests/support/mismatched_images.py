"""Images with a header of 64 x 64 and the largest stream that a decoder accepts.

They are stored because encoding them takes seconds and half a gigabyte. Each is grey (AVIF of
12000 x 12000 by Pillow, HEIC of 8000 x 8000 by pillow-heif) with every `ispe` box overwritten.
"""

import base64
import zlib

_AVIF = (
    r"c-muNV30{GsVqn=%S>Yc0uY^>nP!-qnF!*)%uOvxWPkw0jFg-rD4U@mGr5ET4e%9YmgIt2j6f`xnUkLk;<$kLj1W;qUI"
    r"qr{mq4~gW@cU*T&)z4lgb3;C6*Z&I_Kx)gYC-5EGQ}f(w><G$@xH9B(u066>6UY6a($8$OLQV01`ZjWrog;@-"
    r"iR+;pF_BqP*ms3ZS{X3~UWRA@R(DT$qo5&SGI?YGwht>0@q6Vu=s~7q|TPy!*RrmoZ84Iv8DN7vTRYdjFr!9|r65r*yo"
    r"X6*RRkzsk1B6@HL&$LQOcNuOFa=EtAt5WFmyz0|PvM2Mh=;fIC&Zxhe_E0(kOd9?6H{eFop!U=;_^A(2Jq{@&_dk<Wgp"
    r"m1D}=hl1P344RJxeK%7FTHm=?J(-+Q9l#1xnbZmQ{ZI)7;PQ9"
)
_HEIC = (
    r"c-"
    r"rmP&r2IY6bJA(*%(T({)|njN|TDe<3aG`X=y!*3SI=EB(4b=noZVpk$905k6wE4Ac!;tp{4CXj}{8~14IN5_LxHt_2xl"
    r"DM9{Y}73#fT+wdmI&YRg6J~NMDVTq_C=`J~`gw7K;TPKIT*w*nRk(#m-Zk%pfBsHJTRbz6r<<gz@T&J^^7mS&t_`^-"
    r"PH$BnFG+(;3&Lk^CZ?=sG314-"
    r"TTC|3}u))!;eVcNiot(q{j&`gp_b#WsRQ?AXzCZVpzMs(L<vE9qMvVUvGF830y7Cf?N`}EH-"
    r"+X4A@Abb>>dzY`<5yUnKAzqBxwX3;<~hT=P-"
    r"Kp?17oVRu+qXrtCdaXGFCdzvyUiH;HjW~<0PuPHmg5gcwSf5?X51P9s76TxEB7mKEuyNn6>BQT(^<QKJ_(dUMz2%y*~O"
    r"fu{r7<AAbDXUE%ZMht;}IYn8o&zN#Im5p{=wn12t48T&ZvRS9PKMp0B?93?%RK}q%ND5)Wjk{W-"
    r"Yq~<A<)C!Y=+bF3GCWT<td-4t?J%v@T9k!>=CYS`P-"
    r"ZR+Q3&&7Wq>PffinS+o*Pzq`lX_vNybmVz!=wS&+sy!OPq3%aAgp?W<=T^?uoDq2)}T}tNu>LchG5UVp_oYjg;W$tB#}"
    r"fCNhFa(5=kVHL=s6Pkwg+nB#}fCNhFa(5=kVHL=x$rl*-ozLm8_"
)

MISMATCHED_AVIF, MISMATCHED_HEIC = (
    zlib.decompress(base64.b85decode(text)) for text in (_AVIF, _HEIC)
)
"""Files of 1,270 bytes with 144 megapixels and of 13,767 bytes with 64 megapixels."""
