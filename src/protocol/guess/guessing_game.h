// Guess is the game of the lab sheet: the server thinks of something, the player guesses, and is
// told how it ended. What is said, and how a message that was lost or came twice plays no turn
// twice: docs/protocols.md, "The guessing game".
#pragma once

#include <cstddef>

#include "protocol/guess/riddle.h"
#include "protocol/message/conversation.h"

namespace netlab {

// A guess of more bytes is none.
inline constexpr std::size_t max_guess = 200;

// Whether a message asks for the question, and is no guess.
bool is_greeting(std::string_view message);
// Whether a server's message names the guess that it answers, as ours do.
bool names_guess(std::string_view answer, std::string_view guess);

NewConversation guess_game(NewRiddle think, std::size_t tries);

// How a server's message ends the game for the player, if it does.
enum class GameEnd { none, won, lost };
GameEnd game_end(std::string_view message);

}  // namespace netlab
