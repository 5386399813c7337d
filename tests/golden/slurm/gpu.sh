#!/bin/bash
#SBATCH --gres=gpu:2
#SBATCH --partition=gpu
./train
