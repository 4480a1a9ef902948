#include "protocol/guess/guessing_game.h"

#include <gtest/gtest.h>

#include <set>

#include "protocol/guess/fold_name.h"
#include "protocol/guess/number_riddle.h"
#include "protocol/guess/person_riddle.h"
#include "protocol/guess/shared_random.h"
#include "support/thrown.h"

namespace netlab {
namespace {

using Texts = std::vector<std::string>;

class GuessingGameTest : public testing::Test {
 protected:
  static std::string say(Conversation& game, std::string_view text) {
    return game.answer(text).text.value_or("nothing");
  }

  // A game in which guesses are from 1 to 6 and the solution is always 4.
  std::unique_ptr<Conversation> four(std::size_t tries) {
    struct Four : Riddle {
      std::string question() const override { return "Guess a number from 1 to 6."; }
      bool needs_no_question() const override { return true; }
      Judgement judge(std::string_view guess) const override {
        using Kind = Judgement::Kind;
        if (guess.size() != 1 || guess < "1" || guess > "6")
          return {Kind::no_answer, "Not a number from 1 to 6"};
        return {guess == "4" ? Kind::right : Kind::wrong, guess < "4" ? "Too low" : "Too high"};
      }
      std::string hint(std::size_t) const override { return ""; }
      std::string solution() const override { return "4"; }
    };
    return guess_game([] { return std::make_unique<Four>(); }, tries)();
  }
};

TEST_F(GuessingGameTest, IsWonByTheRightNumber) {
  const auto game = four(1);
  EXPECT_EQ(game->greeting(), "Guess a number from 1 to 6. You have 1 try.");
  const auto answer = game->answer("4");
  EXPECT_EQ(answer.text, "You win: \"4\" is right.");
  EXPECT_TRUE(answer.over);
}

TEST_F(GuessingGameTest, LosingRevealsTheSolution) {
  const auto game = four(1);
  EXPECT_EQ(say(*game, "hello"), "Guess a number from 1 to 6. You have 1 try.");
  const auto answer = game->answer("3");
  EXPECT_EQ(answer.text, "You lose: \"3\" is wrong. It was 4.");
  EXPECT_TRUE(answer.over);
}

TEST_F(GuessingGameTest, AnswersALineWithALine) {
  const auto game = four(1);
  EXPECT_EQ(say(*game, "hello\r\n"), "Guess a number from 1 to 6. You have 1 try.\n");
  EXPECT_EQ(say(*game, "3\n"), "You lose: \"3\" is wrong. It was 4.\n");
  EXPECT_EQ(say(*game, "3"), "You lose: \"3\" is wrong. It was 4.");
}

TEST_F(GuessingGameTest, CountsTheTriesDown) {
  const auto game = four(3);
  game->greeting();
  EXPECT_EQ(say(*game, "1"), "Too low: \"1\". 2 tries left.");
  EXPECT_EQ(say(*game, "6"), "Too high: \"6\". 1 try left.");
  EXPECT_EQ(say(*game, "5"), "You lose: \"5\" is wrong. It was 4.");
}

TEST_F(GuessingGameTest, InvalidGuessesCostNoTry) {
  const auto game = four(1);
  game->greeting();
  EXPECT_EQ(say(*game, "seven"), "Not a number from 1 to 6: \"seven\".");
  EXPECT_EQ(say(*game, "\x1b[2J"), "Not a number from 1 to 6: \"\\x1b[2J\".");
  EXPECT_TRUE(say(*game, std::string(max_guess + 1, '4')).starts_with("Too long: "));
  EXPECT_EQ(say(*game, "4"), "You win: \"4\" is right.");
}

// Over UDP, a datagram may be lost, duplicated or delayed; it must not be played twice.
TEST_F(GuessingGameTest, DuplicateMessagesPlayNoSecondTurn) {
  const auto game = four(3);
  const Texts script = {"hello", "hello", "1", "1", "hello", "6", "1", "6", "5", "5", "1"};
  Texts answers;
  for (const std::string& message : script) answers.push_back(say(*game, message));
  const std::string low = "Too low: \"1\". 2 tries left.";
  const std::string high = "Too high: \"6\". 1 try left.";
  const std::string lost = "You lose: \"5\" is wrong. It was 4.";
  EXPECT_EQ(answers, (Texts{"Guess a number from 1 to 6. You have 3 tries.",
                            "Guess a number from 1 to 6. You have 3 tries.", low, low,
                            "Guess a number from 1 to 6. You have 2 tries.", high, low, high, lost,
                            lost, low}));
}

TEST_F(GuessingGameTest, CanBeginWithAGuess) {
  EXPECT_EQ(say(*four(1), "4"), "You win: \"4\" is right.");
}

TEST_F(GuessingGameTest, TreatsAnyFirstMessageAsAGreeting) {
  const auto game = four(1);
  EXPECT_EQ(say(*game, "good morning"), "Guess a number from 1 to 6. You have 1 try.");
  EXPECT_EQ(say(*game, "good morning"), "Guess a number from 1 to 6. You have 1 try.");
  EXPECT_EQ(say(*game, "4"), "You win: \"4\" is right.");
}

TEST_F(GuessingGameTest, GreetingStartsANewGame) {
  const auto game = four(1);
  EXPECT_EQ(say(*game, "1"), "You lose: \"1\" is wrong. It was 4.");
  EXPECT_EQ(say(*game, "2"), "The game is over: it was 4. Say hello for another.");
  EXPECT_EQ(say(*game, "Hello"), "Guess a number from 1 to 6. You have 1 try.");
  EXPECT_EQ(say(*game, "1"), "You lose: \"1\" is wrong. It was 4.");
}

// Otherwise late copies of the guesses would be played again in the new game.
TEST_F(GuessingGameTest, DuplicateGreetingStartsNoNewGame) {
  const auto game = four(1);
  const std::string question = "Guess a number from 1 to 6. You have 1 try.";
  const std::string over = "The game is over: it was 4. Say \"hello again\" for another.";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(say(*game, "hello"), question);
    EXPECT_EQ(say(*game, "1"), "You lose: \"1\" is wrong. It was 4.");
    EXPECT_EQ(say(*game, "hello"), over);
    EXPECT_EQ(say(*game, "1"), "You lose: \"1\" is wrong. It was 4.");
    EXPECT_EQ(say(*game, "2"), over);
    EXPECT_EQ(say(*game, "Hello again"), question);
    EXPECT_EQ(say(*game, "4"), "You win: \"4\" is right.");
    EXPECT_EQ(say(*game, "hello again"), "The game is over: it was 4. Say hello for another.");
  }
}

TEST(GameEnd, IsRecognizedByTheFirstWords) {
  EXPECT_EQ(game_end("You win: \"4\" is right."), GameEnd::won);
  EXPECT_EQ(game_end("you lose!"), GameEnd::lost);
  EXPECT_EQ(game_end("Too low: \"1\". 2 tries left."), GameEnd::none);
  EXPECT_EQ(game_end(""), GameEnd::none);
}

TEST(NumberRiddles, StayInTheRange) {
  const SharedRandom random(1);
  std::set<std::string> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(number_riddles({1, 6}, random)()->solution());
  EXPECT_EQ(drawn, (std::set<std::string>{"1", "2", "3", "4", "5", "6"}));
}

TEST(NumberRange, ParsesOnlyValidRanges) {
  EXPECT_EQ(NumberRange::parse("10-20").last, 20u);
  EXPECT_EQ(NumberRange::parse("5-5").first, 5u);
  for (const char* text :
       {"", "6", "6-1", "1-", "-6", "a-b", "1-6-9", "1 - 6", "1-99999999999999999999"})
    EXPECT_EQ(thrown_by<std::invalid_argument>([&] { NumberRange::parse(text); }),
              "'" + std::string(text) + "' must be a range such as 1-6");
}

TEST(SharedRandom, IsRepeatableWithTheSameSeed) {
  const SharedRandom one(42), same(42), other(43);
  Texts first, second, third;
  for (int i = 0; i < 20; ++i) {
    first.push_back(std::to_string(one.draw(1000)));
    second.push_back(std::to_string(same.draw(1000)));
    third.push_back(std::to_string(other.draw(1000)));
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

TEST(SharedRandom, IsUniform) {
  for (const auto& seed : {std::optional<std::uint64_t>(1), std::optional<std::uint64_t>()}) {
    const SharedRandom random(seed);
    std::array<int, 6> counts{};
    for (int i = 0; i < 60'000; ++i) ++counts[random.draw(6)];
    for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
  }
}

TEST(FoldName, IgnoresCaseAccentsPunctuationAndOrder) {
  const std::string folded = fold_name("Ada Lovelace");
  for (const char* name : {"ada lovelace", "ADA  LOVELACE", "Lovelace, Ada", "Ada-Lovelace",
                           "\xc3\x81"
                           "da L\xc3\xb3v\xc3\xa8lace",
                           "Lovelace,Ada.", "A'da Lovelace", "Ada Love\xcc\x81lace"})
    EXPECT_EQ(fold_name(name), folded) << name;
  EXPECT_EQ(fold_name("Erd\xc5\x91s"), "erdos");
  EXPECT_EQ(fold_name("G\xc3\xb6\xc3\x9f"), "goss");
  EXPECT_EQ(fold_name("\xc5\x81ukasiewicz"), "lukasiewicz");
  EXPECT_EQ(fold_name("J.R.R. Tolkien"), fold_name("Tolkien, J. R. R."));
  EXPECT_EQ(fold_name("?!"), "");
  EXPECT_EQ(fold_name("\xd5S"), "\xd5s");  // Latin-1, not UTF-8
  EXPECT_NE(fold_name("\xe4\xb8\xad"), fold_name("\xe6\x96\x87"));
}

TEST(FoldName, IgnoresUnicodePunctuation) {
  for (const char* mark : {"\u2010", "\u2013", "\u2015", "\u2018", "\u2019", "\u02bb", "\u02bc",
                           "\u201c", "\u00a0", "\u00b7", "\u0301", "\u3000"})
    EXPECT_EQ(fold_name(std::string("Sinead O") + mark + "Connor"), "sineadoconnor") << mark;
}

// Upper and lower case; precomposed letters and combining accents.
TEST(FoldName, FoldsLatinGreekAndCyrillicLetters) {
  const std::vector<std::array<std::string, 3>> names = {
      {"Nguy\u1ec5n \u00c1i Qu\u1ed1c", "NGUYE\u0302\u0303N a\u0301i quo\u0302\u0301c",
       "nguyenaiquoc"},
      {"Ng\u00f4 \u0110\u00ecnh Di\u1ec7m \u01b0\u01a1", "ngo dinh diem uo", "ngodinhdiemuo"},
      {"Constantin Br\u00e2ncu\u0219i", "CONSTANTIN BRANCU\u0218I", "constantinbrancusi"},
      {"\u021a\u021b\u1e9e", "Ttss", "ttss"},
      {"\u03a9\u03bc\u03ad\u03b3\u03b1\u03c2", "\u03c9\u039c\u0395\u0393\u0391\u03a3",
       "\u03c9\u03bc\u03b5\u03b3\u03b1\u03c3"},
      {"\u0386\u03ca", "\u03b1\u0301\u0399", "\u03b1\u03b9"},
      {"\u0424\u0451\u0434\u043e\u0440", "\u0444\u0415\u0308\u0414\u041e\u0420",
       "\u0444\u0435\u0434\u043e\u0440"},
      {"\u0406\u0490\u0407", "\u0456\u0491\u0456", "\u0456\u0491\u0456"}};
  for (const auto& [one, other, folded] : names) {
    EXPECT_EQ(fold_name(one), folded) << one;
    EXPECT_EQ(fold_name(other), folded) << other;
  }
}

TEST(FoldName, DoesNotTreatASuffixAsAFirstName) {
  for (const char* name :
       {"Martin Luther King, Jr.", "King, Martin Luther, Jr.", "martin luther king jr"})
    EXPECT_EQ(fold_name(name), "martinlutherkingjr") << name;
  EXPECT_EQ(fold_name("Davis, Sammy, Jr."), fold_name("Sammy Davis, Jr"));
}

TEST(ParsePeople, ReadsOnePersonPerLine) {
  const auto people =
      parse_people("# who\n\nAda | Lady L : Wrote a program.\r\n Bob: Builds.", "f");
  ASSERT_EQ(people.size(), 2u);
  EXPECT_EQ(people[0].names, (Texts{"Ada", "Lady L"}));
  EXPECT_EQ(people[0].hint, "Wrote a program.");
  EXPECT_EQ(people[1].names, Texts{"Bob"});
}

TEST(ParsePeople, RejectsBadLinesWithTheirNumber) {
  const auto error_from = [](std::string_view text) {
    return thrown_by<std::invalid_argument>([&] { parse_people(text, "list"); });
  };
  EXPECT_EQ(error_from("Ada: x\nBob\n"), "list:2: missing hint (NAME | ... : HINT)");
  EXPECT_EQ(error_from("Ada:"), "list:1: missing hint (NAME | ... : HINT)");
  EXPECT_EQ(error_from(": a hint"), "list:1: missing name");
  EXPECT_EQ(error_from("Ada | ! : a hint"), "list:1: missing name");
  EXPECT_EQ(error_from("# nobody\n"), "list: no people listed");
}

TEST(PersonRiddle, AcceptsAnySpellingOfTheName) {
  const SharedRandom random(1);
  const auto people = parse_people("Paul Erd\xc5\x91s | Pal Erdos: He travelled.", "f");
  const auto riddle = person_riddles(people, random)();
  using Kind = Riddle::Judgement::Kind;
  EXPECT_EQ(riddle->question(), "Who is it? He travelled.");
  EXPECT_EQ(riddle->judge("erdos, paul").kind, Kind::right);
  EXPECT_EQ(riddle->judge("PAL ERD\xc3\x96S").kind, Kind::right);
  EXPECT_EQ(riddle->judge("Euler").kind, Kind::wrong);
  EXPECT_EQ(riddle->judge("...").kind, Kind::no_answer);
  EXPECT_EQ(riddle->hint(1), "The initials are P. E.");
  EXPECT_EQ(riddle->hint(2), "The initials are P. E. (9 letters)");
}

TEST(FamousPeople, HaveUniqueNamesAndHintsThatDoNotRevealThem) {
  const auto people = parse_people(famous_people, "the famous people");
  EXPECT_GE(people.size(), 40u);
  std::set<std::string> names;
  for (const Person& person : people)
    for (const std::string& name : person.names) {
      EXPECT_TRUE(names.insert(fold_name(name)).second) << name << " is there twice";
      EXPECT_EQ(fold_name(person.hint).find(fold_name(name)), std::string::npos) << name;
    }
  for (const char* surname : {"salam", "erdos", "stevens"})
    EXPECT_TRUE(names.contains(surname)) << surname;
}

}  // namespace
}  // namespace netlab
