"""What is looked at on the tenderer's own device before sealing; nothing of it leaves the device.

The page does the same by ``bidding/static/bidding/js/check``; findings have the same codes.
"""
