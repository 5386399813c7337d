#!/bin/bash
#SBATCH --job-name=serial
#SBATCH --time=01:30:00
#SBATCH --mem=2G
python3 analyse.py
