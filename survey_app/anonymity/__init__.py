"""What an attacker does with what is stored: reads bytes and databases as they lie there, and tries to link.

`fields` and `facts` say what is stored, `copies` reads it as somebody with a copy would, `attacks` and `nights` guess
who said what, `chance` says what guessing alone gives. `simulation` plays a survey whose truth is known, `naive` a
store as they are often built, on which the attacks have to succeed. `trial` runs it all. Nothing here knows a request.
"""
