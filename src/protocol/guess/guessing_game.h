// The guessing game of the lab sheet: the server picks a secret, the player guesses it, and the
// server replies whether the guess is right. docs/protocols.md, "The guessing game", describes the
// messages, and why a lost or duplicated datagram never costs a turn.
#pragma once

#include <cstddef>

#include "protocol/guess/riddle.h"
#include "protocol/message/conversation.h"

namespace netlab {

// Longest guess, bytes; a longer one is rejected and costs no turn.
inline constexpr std::size_t max_guess = 200;

// Whether a message asks for the question instead of guessing.
bool is_greeting(std::string_view message);
// Whether a server's reply quotes the guess it answers, as our server's replies do.
bool names_guess(std::string_view answer, std::string_view guess);

NewConversation guess_game(NewRiddle new_riddle, std::size_t tries);

// Whether and how a server's message ends the game for the player.
enum class GameEnd { none, won, lost };
GameEnd game_end(std::string_view message);

}  // namespace netlab
