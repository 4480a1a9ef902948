// The list for `netlab guess serve --people`: people from many fields and countries, each with a
// hint that is not too easy.
#include "protocol/guess/person_riddle.h"

namespace netlab {

const std::string_view famous_people = R"(
Abdus Salam | Salam : A Pakistani physicist who showed that two forces of nature are one; Nobel Prize 1979.
Ada Lovelace | Augusta Ada King | Lovelace : Wrote a program a century before there was a machine to run it.
Akira Kurosawa | Kurosawa : A Japanese director whose samurai became cowboys in Hollywood.
Al-Khwarizmi | Muhammad ibn Musa al-Khwarizmi | Khwarizmi : A scholar of Baghdad; both "algebra" and the word for a recipe of steps come from him.
Alan Turing | Turing : Broke a cipher, imagined an endless tape, and asked whether machines can think.
Albert Einstein | Einstein : A clerk at a patent office who wondered what it is like to ride on a beam of light.
Alexander von Humboldt | Humboldt : A Prussian who climbed the Andes; a cold current and a penguin bear his name.
Amelia Earhart | Earhart : The first woman to fly alone over the Atlantic; lost over the Pacific.
Archimedes : Jumped out of his bath with good news for his king.
Astrid Lindgren | Lindgren : A Swedish writer whose strongest girl in the world lives with a horse and a monkey.
Barbara Liskov | Liskov : A subtype must keep what its supertype promised: her principle.
Bob Marley | Robert Nesta Marley | Marley : A Jamaican who made the world sing off the beat.
Charles Darwin | Darwin : Looked at the beaks of finches during a journey of five years.
Chinua Achebe | Achebe : A Nigerian novelist; in his first book things come to pieces.
Cleopatra | Cleopatra VII : Spoke nine languages, ruled on the Nile, and two Romans lost their heads over her.
Confucius | Kong Fuzi | Kongzi : A teacher of the state of Lu whose sayings his pupils wrote down.
Dennis Ritchie | Ritchie : Half of an operating system and a whole language with one letter are his.
Donald Knuth | Knuth : Pays 2.56 dollars for an error in his books on the art of his field.
Edsger Dijkstra | Edsger W. Dijkstra | Dijkstra : Found the shortest paths over a cup of coffee, and considered a statement harmful.
Florence Nightingale | Nightingale : A nurse with a lamp who convinced a government by diagrams.
Frida Kahlo | Kahlo : A Mexican painter of herself, with monkeys and eyebrows.
Galileo Galilei | Galileo : Saw moons where there should have been none, and was made to take it back.
Grace Hopper | Hopper : An admiral who taught computers to read English, and kept a moth in a logbook.
Hypatia | Hypatia of Alexandria : Taught mathematics in Alexandria sixteen hundred years ago.
Ibn Battuta | Battuta : A Moroccan of the 14th century who travelled three times as far as Marco Polo.
Isaac Newton | Newton : Spent the plague at home, with a prism and perhaps an apple.
Johann Sebastian Bach | J. S. Bach | Bach : A Leipzig cantor with twenty children and forty-eight preludes and fugues.
Jorge Luis Borges | Borges : An Argentine librarian who imagined a library of all books, and went blind.
Katherine Johnson | Johnson : Her sums brought astronauts into orbit and home; a film made her less hidden.
Leonardo da Vinci | Leonardo | da Vinci : Wrote from right to left, drew flying machines, and painted a smile.
Leonhard Euler | Euler : A Swiss in Saint Petersburg; seven bridges and the most beautiful equation.
Linus Torvalds | Torvalds : A Finn who wrote "just a hobby, won't be big and professional" to a newsgroup.
Mahatma Gandhi | Mohandas Karamchand Gandhi | Gandhi : A lawyer who walked to the sea to pick up salt.
Malala Yousafzai | Malala : The youngest winner of a Nobel Prize, shot on her way home from school.
Marie Curie | Maria Sklodowska-Curie | Curie : Two Nobel Prizes in two sciences; her notebooks are still dangerous to touch.
Maryam Mirzakhani | Mirzakhani : An Iranian who drew on huge sheets on the floor; the first woman with a Fields Medal.
Miriam Makeba | Makeba : A South African singer, thirty years in exile, whose best-known song has clicks in it.
Nelson Mandela | Mandela : From a cell on an island to the presidency, after twenty-seven years.
Pablo Picasso | Picasso : A Spaniard with a blue period, a pink one, and a Guernica.
Paul Erdos | Erdos : Travelled with a suitcase from one mathematician's house to the next; distances to him are counted.
Pele | Edson Arantes do Nascimento : A Brazilian who won three World Cups and wore the ten.
Radia Perlman | Perlman : Lets bridges agree on a tree, and wrote a poem about it.
Richard Stevens | W. Richard Stevens | Stevens : Whoever has bound a socket has read his books on networks and on UNIX.
Simon Bolivar | Bolivar : A country in the Andes is named after him; he had set free six.
Srinivasa Ramanujan | Ramanujan : From Madras with notebooks full of formulas; a taxi's number did not bore him.
Tim Berners-Lee | Berners-Lee : Proposed "mesh" at a laboratory near Geneva; his boss found it vague but exciting.
Vint Cerf | Vinton Cerf | Cerf : With a colleague he made the packets of different networks understand each other.
Wangari Maathai | Maathai : A Kenyan who answered deserts and dictators with thirty million trees.
William Shakespeare | Shakespeare : Left his second-best bed to his wife, and to us the words of a Danish prince.
Wolfgang Amadeus Mozart | Mozart : A child on the road who played before empresses; his Requiem was finished by another.
)";

}  // namespace netlab
