# Is the worker alive? Asks /live at HOST:PORT; exit 0 where the answer is 200.
use strict;
use warnings;
use IO::Socket::INET;

my $address = shift // '127.0.0.1:9464';
local $SIG{ALRM} = sub { exit 1 };
alarm 4;
my $socket = IO::Socket::INET->new(PeerAddr => $address, Proto => 'tcp', Timeout => 3) or exit 1;
print {$socket} "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
my $answer = <$socket> // '';
exit($answer =~ m{\AHTTP/1\.[01] 200 } ? 0 : 1);
